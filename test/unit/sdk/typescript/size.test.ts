import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";

const MAX_GZIPPED_BYTES = 6 * 1024;
const INDEX = JSON.stringify(new URL("../../../../sdk/typescript/src/index.ts", import.meta.url).pathname);

/** What a bundler makes of a program, for browsers: nothing of Node may be reached. */
async function bundle(source: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: "sdk/typescript", loader: "ts" },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
  });
  return outputFiles[0]?.text ?? "";
}

test(`the whole library has at most ${MAX_GZIPPED_BYTES} bytes gzipped`, async () => {
  const library = await bundle(`export * from ${INDEX}`);
  expect(library).toContain("/preview-token");
  expect(gzipSync(library, { level: 9 }).length).toBeLessThanOrEqual(MAX_GZIPPED_BYTES);
});

test("a program that only formats URLs gets nothing that makes calls", async () => {
  const program = await bundle(
    `import { previewSuffix } from ${INDEX}; console.log(previewSuffix("https://api.acme.dev"));`,
  );
  expect(program).not.toMatch(/fetch|authorization|preview-token/);
  expect(program.length).toBeLessThan(1_000);
});
