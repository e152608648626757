import { fileURLToPath } from "node:url";
import type { Metafile } from "esbuild";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Bundles the agent into one CommonJS file without dependencies, for Node 20 and later.
 *
 * The same sources give the same bytes. CommonJS, because a single executable's main script must be.
 *
 * @returns which source files are in the bundle
 */
export async function buildAgent(outfile: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ["agent/main.ts"],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    legalComments: "none",
    logLevel: "error",
    metafile: true,
  });
  return metafile;
}
