import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { buildAgent } from "../../agent/build/build-agent.ts";
import { buildConnector } from "../build-connector.ts";
import { AGENT_PACKAGE, agentPackage, agentTarballEntries } from "./agent-package.ts";
import type { Architecture } from "./architecture.ts";
import { NODE_VERSION } from "./architecture.ts";
import { createDeb } from "./archive/create-deb.ts";
import { createTar } from "./archive/create-tar.ts";
import { findBundledPackages } from "./bundled-packages.ts";
import { CONNECTOR_PACKAGE, connectorPackage } from "./connector-package.ts";
import { fetchNode } from "./fetch-node.ts";
import { ROOT } from "./read-source.ts";
import { createSbom } from "./sbom.ts";

export interface BuildOptions {
  /** Where the packages go. Former ones in it stay, and are not in its SHA256SUMS. */
  readonly folder: string;
  /** As npm writes it. */
  readonly version: string;
  readonly architectures: readonly Architecture[];
  /** The time of all files, in seconds since 1970. */
  readonly epochS: number;
}

/** Node is in both packages. */
const NODE = { name: "node", version: NODE_VERSION, license: "MIT" };

/**
 * Builds all packages, their bills of materials and checksums. The same sources give the same bytes.
 *
 * @returns the names of the files
 */
export async function buildPackages(options: BuildOptions): Promise<string[]> {
  const { folder, epochS, architectures } = options;
  const version = options.version.replace("-", "~");
  await mkdir(folder, { recursive: true });
  const draft = await mkdtemp(join(tmpdir(), "packages-"));
  const sums: [name: string, sha256: string][] = [];
  const write = async (name: string, bytes: Uint8Array | string): Promise<void> => {
    await writeFile(join(folder, name), bytes);
    sums.push([name, createHash("sha256").update(bytes).digest("hex")]);
  };
  try {
    const bundle = join(draft, "connector.mjs");
    const connectorParts = await findBundledPackages(await buildConnector(bundle), ROOT);
    const namespaces = join(draft, "namespaces.mjs");
    await buildConnector(namespaces, "connector/namespaces/main.ts");
    const agentParts = await findBundledPackages(await buildAgent(join(draft, "agent.cjs")), ROOT);
    for (const [name, parts] of [
      [CONNECTOR_PACKAGE, connectorParts],
      [AGENT_PACKAGE, agentParts],
    ] as const) {
      await write(`${name}_${version}.cdx.json`, createSbom({ name, version, packages: [...parts, NODE] }));
    }
    for (const architecture of architectures) {
      const input = { architecture, version, node: await fetchNode(architecture) };
      const suffix = `_${version}_${architecture.name}`;
      const agent = await agentPackage(input);
      const connector = await connectorPackage(input, { bundle, namespaces, parts: connectorParts });
      await Promise.all([
        createDeb(connector, epochS).then((deb) => write(`${CONNECTOR_PACKAGE}${suffix}.deb`, deb)),
        createDeb(agent, epochS).then((deb) => write(`${AGENT_PACKAGE}${suffix}.deb`, deb)),
        createTar(agentTarballEntries(agent), { epochS })
          .then((tar) => promisify(gzip)(tar))
          .then((tarball) => write(`${AGENT_PACKAGE}${suffix}.tar.gz`, tarball)),
      ]);
    }
  } finally {
    await rm(draft, { recursive: true });
  }
  // In the form that `sha256sum --check` reads.
  const lines = sums.sort().map(([name, sha256]) => `${sha256}  ${name}\n`);
  await writeFile(join(folder, "SHA256SUMS"), lines.join(""));
  return [...sums.map(([name]) => name), "SHA256SUMS"];
}
