import { buildAgentExecutable } from "../../agent/build/build-agent-executable.ts";
import type { Deb } from "./archive/create-deb.ts";
import type { PackageEntry } from "./archive/package-entry.ts";
import type { PackageInput } from "./package-input.ts";
import { controlBasics, NODE_DEPENDS } from "./package-input.ts";
import { readScripts, readSource } from "./read-source.ts";

export const AGENT_PACKAGE = "pandastack-agent";

const UNITS = ["pandastack-agent.service", "pandastack-autostart.service"];
const TEMPLATES = ["nextjs", "vite-react"];

/** The agent's package: one executable, units, and the hooks of the templates. */
export async function agentPackage(input: PackageInput): Promise<Deb> {
  return {
    control: {
      ...controlBasics(AGENT_PACKAGE, input),
      Depends: NODE_DEPENDS,
      Description: "Reports to the host which ports of a sandbox listen",
    },
    scripts: await readScripts("agent"),
    entries: await agentEntries(input),
  };
}

/**
 * The agent's files for images without dpkg, to be unpacked at their root. There its units are enabled by links, as
 * `systemctl enable` would.
 */
export function agentTarballEntries(deb: Deb): PackageEntry[] {
  const links = UNITS.map((unit) => ({
    path: `/etc/systemd/system/multi-user.target.wants/${unit}`,
    target: `/usr/lib/systemd/system/${unit}`,
  }));
  return [...deb.entries, ...links];
}

async function agentEntries({ node }: PackageInput): Promise<PackageEntry[]> {
  return [
    { path: "/usr/bin/pandastack-agent", content: await buildAgentExecutable(node.binary), mode: 0o755 },
    {
      path: "/usr/lib/pandastack/autostart",
      content: await readSource("agent/templates/autostart"),
      mode: 0o755,
    },
    ...(await Promise.all(UNITS.map(unitEntry))),
    ...(await Promise.all(TEMPLATES.map(hookEntry))),
    { path: "/usr/share/doc/pandastack-agent/copyright", content: await readSource("LICENSE") },
    { path: "/usr/share/doc/pandastack-agent/copyright.node", content: node.license },
  ];
}

async function unitEntry(unit: string): Promise<PackageEntry> {
  return { path: `/usr/lib/systemd/system/${unit}`, content: await readSource(`agent/systemd/${unit}`) };
}

async function hookEntry(template: string): Promise<PackageEntry> {
  return {
    path: `/usr/share/pandastack/templates/${template}/autostart.sh`,
    content: await readSource(`agent/templates/${template}/autostart.sh`),
    mode: 0o755,
  };
}
