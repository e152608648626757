import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkBundle, MAX_BUNDLE_GZIP_BYTES } from "../../../../../dev/deploy/check/check-bundle.ts";
import { createWrangler } from "../../../../../dev/deploy/wrangler.ts";

describe("checkBundle()", () => {
  test("bundles the Worker by Wrangler's dry run, and finds it small enough", async () => {
    const report = await checkBundle(createWrangler(), "wrangler.toml");
    expect(report.problems).toEqual([]);
    expect(report.gzipBytes).toBeGreaterThan(10_000);
    expect(report.gzipBytes).toBeLessThanOrEqual(MAX_BUNDLE_GZIP_BYTES);
  }, 60_000);

  test("refuses one byte too many", async () => {
    const { gzipBytes } = await checkBundle(writeBundle, "wrangler.toml", 1_000_000);
    expect(await checkBundle(writeBundle, "wrangler.toml", gzipBytes)).toMatchObject({ problems: [] });
    const { problems } = await checkBundle(writeBundle, "wrangler.toml", gzipBytes - 1);
    expect(problems.map(({ name }) => name)).toEqual(["bundle_too_large"]);
  });

  test("reports what Wrangler has refused", async () => {
    const { problems } = await checkBundle(
      async () => ({ code: 1, stdout: "", stderr: "no such file" }),
      "none.toml",
    );
    expect(problems).toMatchObject([
      { name: "bundle_failed", text: expect.stringContaining("no such file") },
    ]);
  });
});

/** Stands for Wrangler: writes a bundle where it is asked to. */
async function writeBundle(args: readonly string[]) {
  await writeFile(join(args.at(-1) ?? "", "main.js"), "export default {};\n");
  return { code: 0, stdout: "", stderr: "" };
}
