import { callControl } from "../../../connector/control/call-control.ts";
import type { GuestOfferBody } from "../../../shared/protocol/control-api.ts";
import { GUESTS_PATH } from "../../../shared/protocol/control-api.ts";
import { WORKSPACE } from "../edge-api/ensure-tenant.ts";
import type { GuestAddress, StartOptions } from "../parse-options.ts";
import type { LocalSecrets } from "../secrets-file.ts";
import type { Supervisor } from "../supervisor.ts";
import { findDemoAddress } from "./find-demo-address.ts";
import type { FirstPreview } from "./first-preview.ts";

const DEMO = "demo";

/**
 * Attaches servers of this machine as guests.
 *
 * @param options without guests, the demo is started and attached
 * @param secrets get the ids of new sandboxes
 */
export async function attachServers(
  { guests: servers, publicPorts = [] }: Pick<StartOptions, "guests" | "publicPorts">,
  supervisor: Supervisor,
  secrets: LocalSecrets,
  controlSocket: string,
): Promise<FirstPreview> {
  const isDemo = servers.length === 0;
  const guests = isDemo ? [await startDemo(supervisor)] : servers;
  const idOf = (address: string): string => sandboxIdFor(secrets, isDemo ? DEMO : address);
  for (const [address, ports] of portsByAddress(guests)) {
    const sandboxId = idOf(address);
    const offer: GuestOfferBody = {
      sandboxId,
      workspace: WORKSPACE,
      address,
      ports,
      publicPorts: [...publicPorts],
    };
    await callControl(controlSocket, "POST", GUESTS_PATH, offer);
  }
  const [first = { host: "", port: 0 }] = guests;
  return { sandboxId: idOf(first.host), port: first.port };
}

async function startDemo(supervisor: Supervisor): Promise<GuestAddress> {
  const address = await findDemoAddress();
  await supervisor.start("demo", new URL("../../demo/main.ts", import.meta.url), [JSON.stringify(address)]);
  return address;
}

/** The same id at each start. */
function sandboxIdFor({ sandboxIds }: LocalSecrets, address: string): string {
  sandboxIds[address] ??= crypto.randomUUID();
  return sandboxIds[address];
}

/** Servers at one address are one sandbox with several ports. */
function portsByAddress(guests: readonly GuestAddress[]): Map<string, number[]> {
  const byAddress = new Map<string, number[]>();
  for (const { host, port } of guests) {
    const ports = byAddress.get(host) ?? [];
    if (!ports.includes(port)) ports.push(port);
    byAddress.set(host, ports);
  }
  return byAddress;
}
