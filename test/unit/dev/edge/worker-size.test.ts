import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { MAX_BUNDLE_GZIP_BYTES } from "../../../../dev/deploy/check/check-bundle.ts";

const EDGE = fileURLToPath(new URL("../../../../worker/main.ts", import.meta.url));

test("the minified Worker has at most MAX_BUNDLE_GZIP_BYTES, and nothing of what renders the reference", async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [EDGE],
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    keepNames: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*"],
  });
  expect(gzipSync(outputFiles[0]!.contents).length).toBeLessThanOrEqual(MAX_BUNDLE_GZIP_BYTES);
  const [output] = Object.values(metafile.outputs);
  const bundled = Object.entries(output!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const names = bundled.map(([name]) => name);
  expect(names).toContain("worker/api/calls/reference.ts");
  expect(names.filter((name) => /worker\/api\/reference\/|zod-to-openapi|hono\/html/.test(name))).toEqual([]);
});
