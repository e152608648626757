import { mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { findFreePort } from "../../../dev/find-free-port.ts";
import { untilListening } from "../../shared/processes/until-listening.ts";
import type { Bench } from "../bench.ts";
import type { Entrance, RunningProxy } from "./proxy.ts";
import { ENTRANCES, isTls } from "./proxy.ts";
import type { ProxyName } from "./proxy-name.ts";

export type PeerPorts = Readonly<Record<Entrance, number>>;

export interface PeerCommand {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a proxy that is one program with a listener for each entrance and needs no fields. */
export async function startPeer(
  bench: Bench,
  name: ProxyName,
  prepare: (directory: string, ports: PeerPorts) => Promise<PeerCommand>,
): Promise<RunningProxy> {
  const { group, cores } = bench;
  await mkdir(join(bench.directory, "proxies"), { recursive: true });
  const directory = await mkdtemp(join(bench.directory, "proxies", `${name}-`));
  const ports = await findPorts();
  const { command, env = {} } = await prepare(directory, ports);
  const child = group.serve(command, { name, core: cores.proxy, env });
  await untilListening(group, name, Object.values(ports));
  return {
    name,
    target: async (entrance) => ({
      port: ports[entrance],
      tls: isTls(entrance),
      pid: child.pid!,
      fields: [[]],
    }),
    stop: () => group.stop(child),
  };
}

async function findPorts(): Promise<PeerPorts> {
  const ports: Partial<Record<Entrance, number>> = {};
  for (const entrance of ENTRANCES) ports[entrance] = await findFreePort();
  return ports as PeerPorts;
}
