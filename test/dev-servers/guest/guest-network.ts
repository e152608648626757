import type { Lab } from "../../../lab/lab.ts";
import { connectNamespaces } from "../../../lab/network/connect-namespaces.ts";
import { Namespace } from "../../../lab/network/namespace.ts";

const MAX_GUESTS = 250;
let created = 0;

export interface GuestNetwork {
  readonly namespace: Namespace;
  /** At which the lab's host reaches it. */
  readonly address: string;
  /** The interface over which it does. */
  readonly tap: string;
}

/**
 * A network namespace for one guest, behind a veth pair to the lab's host. A browser outside cannot reach its loopback
 * interface, where most dev servers listen.
 */
export async function createGuestNetwork(lab: Lab): Promise<GuestNetwork> {
  const index = ++created;
  if (index > MAX_GUESTS) throw new RangeError(`one process creates at most ${MAX_GUESTS} guests`);
  const namespace = await Namespace.create(`guest${index}`);
  const tap = `guest${index}`;
  const address = `10.201.${index}.2`;
  const gateway = `10.201.${index}.1`;
  await connectNamespaces(
    { namespace: lab.host, device: tap, address: `${gateway}/30` },
    { namespace, device: "eth0", address: `${address}/30` },
  );
  await namespace.ip("route", "add", "default", "via", gateway);
  return { namespace, address, tap };
}
