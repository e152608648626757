import type { Architecture } from "./architecture.ts";
import type { NodeFiles } from "./fetch-node.ts";

/** What both packages are made from. */
export interface PackageInput {
  readonly architecture: Architecture;
  readonly node: NodeFiles;
  /** As Debian compares it: `1.0.0~rc.1` comes before `1.0.0`. */
  readonly version: string;
}

/** glibc and libstdc++ as Node's own builds need them. */
export const NODE_DEPENDS = "libc6 (>= 2.28), libgcc-s1 | libgcc1, libstdc++6 (>= 8)";

/** Fields that both packages share. */
export function controlBasics(name: string, { architecture, version }: PackageInput): Record<string, string> {
  return {
    Package: name,
    Version: version,
    Architecture: architecture.name,
    Maintainer: "Pandastack preview URLs <preview-urls@pandastack.invalid>",
    Section: "net",
    Priority: "optional",
  };
}
