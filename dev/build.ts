import { chmod } from "node:fs/promises";
import { build } from "esbuild";

/** `npm run build`: the connector as one file, for hosts that have Node ≥ 24 and nothing else. */
await build({
  entryPoints: ["connector/main.ts"],
  outfile: "dist/connector.mjs",
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node24",
  legalComments: "linked",
  // CommonJS packages inside an ES module load Node's own modules by `require`.
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);',
  },
});
await chmod("dist/connector.mjs", 0o755);
