import { setTimeout as pause } from "node:timers/promises";
import { Command } from "commander";
import { readConfig } from "../config.ts";
import { readReloadReport, reloadReportPath } from "../supervisor/reload-report.ts";
import type { ConfigOptions } from "./options.ts";
import { configOption } from "./options.ts";
import { ReloadError } from "./reload-error.ts";
import { reportFailure } from "./report-failure.ts";

const POLL_MS = 50;
/** A new generation has 30 s to read its configuration, and 60 s to load its guests. */
const RELOAD_TIMEOUT_MS = 120_000;

export function createReloadCommand(): Command {
  return new Command("reload")
    .description("have the connector that runs here go over to the code and configuration on the disk")
    .addOption(configOption())
    .action(reportFailure(reload));
}

/** Resolves when the reload has succeeded. */
async function reload({ config: file }: ConfigOptions): Promise<void> {
  const path = reloadReportPath(await readConfig(file));
  const before = await readReloadReport(path);
  if (before === undefined) throw new ReloadError("no connector runs here");
  try {
    process.kill(before.pid, "SIGHUP");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") throw new ReloadError("no connector runs here");
    throw new ReloadError(`process ${before.pid} gets no signal: ${(error as Error).message}`);
  }
  for (const untilMs = Date.now() + RELOAD_TIMEOUT_MS; Date.now() < untilMs; await pause(POLL_MS)) {
    const report = await readReloadReport(path);
    if (report === undefined || report.reloads === before.reloads) continue;
    if (report.failure !== undefined) throw new ReloadError(report.failure);
    return;
  }
  throw new ReloadError("the connector has not reloaded in time");
}
