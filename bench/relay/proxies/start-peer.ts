import { mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { findFreePort } from "../../../dev/find-free-port.ts";
import { untilListening } from "../../shared/processes/until-listening.ts";
import type { Bench } from "../bench.ts";
import type { Entrance, RunningProxy } from "./proxy.ts";
import type { ProxyName } from "./proxy-name.ts";

export type PeerPorts = Readonly<Record<Entrance, number>>;

export interface PeerCommand {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a proxy that is one program with three listeners and needs no fields. */
export async function startPeer(
  bench: Bench,
  name: ProxyName,
  prepare: (directory: string, ports: PeerPorts) => Promise<PeerCommand>,
): Promise<RunningProxy> {
  const { group, cores } = bench;
  await mkdir(join(bench.directory, "proxies"), { recursive: true });
  const directory = await mkdtemp(join(bench.directory, "proxies", `${name}-`));
  const ports = { plain: await findFreePort(), tls: await findFreePort(), stream: await findFreePort() };
  const { command, env = {} } = await prepare(directory, ports);
  const child = group.serve(command, { name, core: cores.proxy, env });
  await untilListening(group, name, Object.values(ports));
  return {
    name,
    target: async (entrance) => ({ port: ports[entrance], pid: child.pid!, fields: [[]] }),
    stop: () => group.stop(child),
  };
}
