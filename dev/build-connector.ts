import { chmod } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Metafile, Plugin } from "esbuild";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * Loads `node:http` by `require`. An `import` reads all of its exports, and `WebSocket` among them loads Node's `fetch`: 46 ms
 * of CPU for each process and command, of 180.
 */
const REQUIRED_HTTP: Plugin = {
  name: "required-http",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:http$/ }, ({ kind, path }) =>
      kind === "require-call" ? { path, external: true } : { path, namespace: "required" },
    );
    onLoad({ filter: /.*/, namespace: "required" }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};

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
    plugins: [REQUIRED_HTTP],
    // CommonJS packages inside an ES module load Node's own modules by `require`.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);',
    },
  });
  await chmod(outfile, 0o755);
  return metafile;
}
