import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { RunWrangler } from "../wrangler.ts";
import type { Problem } from "./problem.ts";

/** The Worker's code, compressed. An isolate parses it at its start; Cloudflare's own limit is 3 MB on the Free plan. */
export const MAX_BUNDLE_GZIP_BYTES: number = 150 * 1024;

export interface BundleReport {
  readonly gzipBytes: number;
  readonly problems: readonly Problem[];
}

const SHOWN_CHARS = 2_000;

/** Bundles the Worker by Wrangler's own dry run, which needs no account and no network. */
export async function checkBundle(
  wrangler: RunWrangler,
  configPath: string,
  maxGzipBytes: number = MAX_BUNDLE_GZIP_BYTES,
): Promise<BundleReport> {
  const folder = await mkdtemp(join(tmpdir(), "preview-bundle-"));
  try {
    const run = await wrangler(["deploy", "--dry-run", "--config", configPath, "--outdir", folder]);
    if (run.code !== 0) {
      const text = `wrangler deploy --dry-run failed:\n${`${run.stdout}${run.stderr}`.trim().slice(-SHOWN_CHARS)}`;
      return { gzipBytes: 0, problems: [{ name: "bundle_failed", text }] };
    }
    const gzipBytes = gzipSync(await readFile(join(folder, "main.js"))).length;
    const problems: Problem[] = [];
    if (gzipBytes > maxGzipBytes)
      problems.push({
        name: "bundle_too_large",
        text: `the Worker has ${gzipBytes} bytes compressed, more than ${maxGzipBytes}`,
      });
    return { gzipBytes, problems };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
