import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/**
 * Bundles the agent into one CommonJS file without dependencies, for Node 20 and later.
 *
 * The same sources give the same bytes. CommonJS, because a single executable's main script must be.
 */
export async function buildAgent(outfile: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(new URL("../main.ts", import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    legalComments: "none",
    logLevel: "error",
  });
}
