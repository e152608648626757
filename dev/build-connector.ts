import { chmod } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Metafile } from "esbuild";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * Bundles the connector into one file, for Node ≥ 24 and nothing else. The same sources give the same bytes.
 *
 * @param entry `connector/namespaces/main.ts` for the helper that looks into network namespaces
 * @returns which source files are in the bundle
 */
export async function buildConnector(outfile: string, entry = "connector/main.ts"): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    legalComments: "linked",
    metafile: true,
    // CommonJS packages inside an ES module load Node's own modules by `require`.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);',
    },
  });
  await chmod(outfile, 0o755);
  return metafile;
}
