import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import { createProgram } from "../../connector/commands/create-program.ts";
import type { Deb } from "./archive/create-deb.ts";
import type { PackageEntry } from "./archive/package-entry.ts";
import { bashCompletion } from "./bash-completion.ts";
import type { BundledPackage } from "./bundled-packages.ts";
import { manPage } from "./man-page.ts";
import type { PackageInput } from "./package-input.ts";
import { controlBasics, NODE_DEPENDS } from "./package-input.ts";
import { readScripts, readSource } from "./read-source.ts";

export const CONNECTOR_PACKAGE = "preview-connector";

const LIBRARY = "/usr/lib/preview-connector";
const DOCUMENTS = "/usr/share/doc/preview-connector";
const UNITS = [
  "preview-connector.service",
  "preview-connector.socket",
  "preview-connector-namespaces.service",
  "preview-connector-namespaces.socket",
];
const FILES = [
  ["/etc/preview-connector/config.json", "the configuration, written by enroll"],
  ["/var/lib/preview-connector/host-key.json", "the host's private key, created by enroll"],
  ["/var/lib/preview-connector/guests/", "a file for each attached guest"],
  ["/run/preview-connector/control.sock", "the control API"],
] as const;

export interface ConnectorBundle {
  /** The file that `buildConnector()` has written. */
  readonly bundle: string;
  /** The helper's, without a package of others. */
  readonly namespaces: string;
  readonly parts: readonly BundledPackage[];
}

/** The connector's package: its bundle with a Node of its own, because Debian 12 has Node 18. */
export async function connectorPackage(
  input: PackageInput,
  { bundle, namespaces, parts }: ConnectorBundle,
): Promise<Deb> {
  return {
    control: {
      ...controlBasics(CONNECTOR_PACKAGE, input),
      Depends: `${NODE_DEPENDS}, iproute2, systemd (>= 252)`,
      Description: "Carries requests for preview URLs to the sandboxes of this host",
    },
    scripts: await readScripts("connector"),
    entries: [
      { path: `${LIBRARY}/node`, content: input.node.binary, mode: 0o755 },
      { path: `${LIBRARY}/connector.mjs`, content: await readFile(bundle), mode: 0o755 },
      { path: `${LIBRARY}/namespaces.mjs`, content: await readFile(namespaces), mode: 0o755 },
      {
        path: "/usr/bin/preview-connector",
        content: await readSource("packaging/connector/preview-connector.sh"),
        mode: 0o755,
      },
      ...(await Promise.all(UNITS.map(unitEntry))),
      {
        path: "/usr/lib/sysusers.d/preview-connector.conf",
        content: await readSource("packaging/connector/preview-connector.sysusers"),
      },
      {
        path: "/usr/lib/tmpfiles.d/preview-connector.conf",
        content: await readSource("packaging/connector/preview-connector.tmpfiles"),
      },
      ...(await documents(input, parts)),
    ],
  };
}

async function documents(
  { version, node }: PackageInput,
  parts: readonly BundledPackage[],
): Promise<PackageEntry[]> {
  const program = createProgram();
  const licenses = parts.map(({ name, version, licenseText }) => `${name} ${version}\n\n${licenseText}`);
  const man = manPage(program, { version, files: FILES });
  return [
    { path: "/usr/share/bash-completion/completions/preview-connector", content: bashCompletion(program) },
    {
      path: "/usr/share/man/man8/preview-connector.8.gz",
      content: await promisify(gzip)(man, { level: constants.Z_BEST_COMPRESSION }),
    },
    { path: `${DOCUMENTS}/operate.md`, content: await readSource("docs/operate.md") },
    { path: `${DOCUMENTS}/copyright`, content: await readSource("LICENSE") },
    { path: `${DOCUMENTS}/copyright.bundled`, content: licenses.join("\n\n") },
    { path: `${DOCUMENTS}/copyright.node`, content: node.license },
  ];
}

async function unitEntry(unit: string): Promise<PackageEntry> {
  return { path: `/usr/lib/systemd/system/${unit}`, content: await readSource(`connector/systemd/${unit}`) };
}
