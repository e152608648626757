import { Enums, Models, Serialize, Spec } from "@cyclonedx/cyclonedx-library";
import type { BundledPackage } from "./bundled-packages.ts";

export interface SbomOptions {
  readonly name: string;
  readonly version: string;
  readonly packages: readonly Pick<BundledPackage, "name" | "version" | "license">[];
}

/**
 * A bill of materials (CycloneDX 1.6, JSON) of a program and what is bundled with it. It has neither a time nor a serial
 * number, so that the same program has the same bill.
 */
export function createSbom({ name, version, packages }: SbomOptions): string {
  const program = new Models.Component(Enums.ComponentType.Application, name, {
    version,
    bomRef: `${name}@${version}`,
  });
  program.licenses.add(new Models.LicenseExpression("Apache-2.0"));
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: program }) });
  for (const item of packages) {
    const purl = `pkg:npm/${item.name.replace("@", "%40")}@${item.version}`;
    const component = new Models.Component(Enums.ComponentType.Library, item.name, {
      version: item.version,
      bomRef: purl,
      purl,
    });
    if (item.license !== undefined) component.licenses.add(new Models.LicenseExpression(item.license));
    bom.components.add(component);
    program.dependencies.add(component.bomRef);
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}
