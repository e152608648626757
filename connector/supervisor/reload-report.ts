import { readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as z from "zod";
import type { Config } from "../config.ts";

/** What `preview-connector reload` reads, beside the control socket. */
const reportSchema = z.object({
  /** Of the supervisor. */
  pid: z.int().positive(),
  /** Reloads that have ended, well or not. */
  reloads: z.int().nonnegative(),
  /** Why the last one failed. */
  failure: z.string().optional(),
});

export type ReloadReport = z.output<typeof reportSchema>;

export function reloadReportPath({ controlSocket }: Pick<Config, "controlSocket">): string {
  return join(dirname(controlSocket), "supervisor.json");
}

/** @returns `undefined` where no connector has written one */
export async function readReloadReport(path: string): Promise<ReloadReport | undefined> {
  try {
    return reportSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return undefined;
  }
}

export async function writeReloadReport(path: string, report: ReloadReport): Promise<void> {
  await writeFile(`${path}.tmp`, JSON.stringify(report), { mode: 0o600 });
  await rename(`${path}.tmp`, path);
}
