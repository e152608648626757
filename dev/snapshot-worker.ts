import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const EDGE = fileURLToPath(new URL("../worker/main.ts", import.meta.url));

/** The Worker of the last release; `npm run snapshot` replaces it when a release is made. */
export const FORMER_WORKER: string = fileURLToPath(
  new URL("../test/compatibility/former-worker.mjs.gz", import.meta.url),
);

/** Keeps the Worker as it is now, for the tests of the next release. */
async function snapshotWorker(): Promise<void> {
  const result = await build({
    entryPoints: [EDGE],
    bundle: true,
    write: false,
    minify: true,
    // Cloudflare finds objects by the names of their classes.
    keepNames: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*"],
  });
  await mkdir(dirname(FORMER_WORKER), { recursive: true });
  await writeFile(FORMER_WORKER, gzipSync(result.outputFiles[0]!.contents, { level: 9 }));
}

if (import.meta.main) await snapshotWorker();
