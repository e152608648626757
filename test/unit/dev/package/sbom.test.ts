import { expect, test } from "vitest";
import { createSbom } from "../../../../dev/package/sbom.ts";

const OPTIONS = {
  name: "example",
  version: "1.0.0",
  packages: [
    { name: "@scope/b", version: "2.0.0", license: "MIT" },
    { name: "a", version: "1.0.0", license: undefined },
  ],
};

test("createSbom() names each package with version, licence and package URL, and what the program depends on", () => {
  const bom = JSON.parse(createSbom(OPTIONS));
  expect(bom).toMatchObject({
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    metadata: { component: { type: "application", name: "example", version: "1.0.0" } },
  });
  expect(bom.components).toEqual([
    {
      type: "library",
      name: "@scope/b",
      version: "2.0.0",
      "bom-ref": "pkg:npm/%40scope/b@2.0.0",
      purl: "pkg:npm/%40scope/b@2.0.0",
      licenses: [{ expression: "MIT" }],
    },
    { type: "library", name: "a", version: "1.0.0", "bom-ref": "pkg:npm/a@1.0.0", purl: "pkg:npm/a@1.0.0" },
  ]);
  expect(bom.dependencies).toContainEqual({
    ref: "example@1.0.0",
    dependsOn: ["pkg:npm/%40scope/b@2.0.0", "pkg:npm/a@1.0.0"],
  });
});

test("createSbom() has neither a time nor a serial number, and the same bytes for another order", () => {
  const sbom = createSbom(OPTIONS);
  expect(sbom).not.toMatch(/timestamp|serialNumber/);
  expect(createSbom({ ...OPTIONS, packages: OPTIONS.packages.toReversed() })).toBe(sbom);
});
