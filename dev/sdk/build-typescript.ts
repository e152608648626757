import { spawnSync } from "node:child_process";
import { chmod, copyFile, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { build } from "esbuild";

const SDK = "sdk/typescript";

/**
 * `npm run build:sdk`: the TypeScript SDK as it is published. The library is one module for each source file, so that a
 * bundler drops what is not used; the command line, with the MCP server, is one file with all that it needs.
 *
 * @param folder where `dist` and the licence are written
 */
export async function buildTypescriptSdk(folder = SDK): Promise<void> {
  await rm(`${folder}/dist`, { recursive: true, force: true });
  const args = ["-p", `${SDK}/tsconfig.json`, "--outDir", `${resolve(folder)}/dist`];
  const { status, stdout } = spawnSync("node_modules/.bin/tsc", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`tsc failed:\n${stdout}`);
  await build({
    entryPoints: [`${SDK}/src/cli/main.ts`],
    outfile: `${folder}/dist/cli.js`,
    bundle: true,
    minify: true,
    platform: "node",
    format: "esm",
    target: "node18",
    legalComments: "linked",
    banner: {
      // CommonJS packages inside an ES module load Node's own modules by `require`.
      js: '#!/usr/bin/env node\nimport { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);',
    },
  });
  await chmod(`${folder}/dist/cli.js`, 0o755);
  await copyFile("LICENSE", `${folder}/LICENSE`);
}

if (import.meta.main) await buildTypescriptSdk();
