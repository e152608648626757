import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { generateTypes, TYPES_PATH } from "../../../../dev/sdk/generate-types.ts";

test("generateTypes() makes the types that the SDK has; else run `npm run generate:sdk`", {
  timeout: 60_000,
}, async () => {
  expect(await generateTypes()).toBe(await readFile(TYPES_PATH, "utf8"));
});
