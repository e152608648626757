import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findMissingPackages } from "../../../../dev/bootstrap/find-missing-packages.mjs";

test("findMissingPackages() names packages that npm has installed and that are gone, and knows a missing record", () => {
  const root = mkdtempSync(join(tmpdir(), "missing-packages-"));
  for (const path of ["node_modules/here", "node_modules/@scope/emptied"])
    mkdirSync(join(root, path), { recursive: true });
  writeFileSync(join(root, "node_modules/here/package.json"), "{}");
  expect(findMissingPackages(root)).toBeUndefined();
  const packages = { "node_modules/here": {}, "node_modules/gone": {}, "node_modules/@scope/emptied": {} };
  writeFileSync(join(root, "node_modules/.package-lock.json"), JSON.stringify({ packages }));
  expect(findMissingPackages(root)).toEqual(["node_modules/gone", "node_modules/@scope/emptied"]);
  rmSync(root, { recursive: true });
});
