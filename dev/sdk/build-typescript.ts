import { spawnSync } from "node:child_process";
import { chmod, copyFile, rm } from "node:fs/promises";
import { build } from "esbuild";

const SDK = "sdk/typescript";

/**
 * `npm run build:sdk`: the TypeScript SDK as it is published. The library is one module for each source file, so that a
 * bundler drops what is not used; the command line, with the MCP server, is one file with all that it needs.
 */
export async function buildTypescriptSdk(): Promise<void> {
  await rm(`${SDK}/dist`, { recursive: true, force: true });
  const { status, stdout } = spawnSync("node_modules/.bin/tsc", ["-p", `${SDK}/tsconfig.json`], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`tsc failed:\n${stdout}`);
  await build({
    entryPoints: [`${SDK}/src/cli/main.ts`],
    outfile: `${SDK}/dist/cli.js`,
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
  await chmod(`${SDK}/dist/cli.js`, 0o755);
  await copyFile("LICENSE", `${SDK}/LICENSE`);
}

if (import.meta.main) await buildTypescriptSdk();
