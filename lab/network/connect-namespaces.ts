import type { Namespace } from "./namespace.ts";

export interface VethEnd {
  readonly namespace: Namespace;
  /** At most 15 characters (IFNAMSIZ). */
  readonly device: string;
  /** With prefix length: `10.200.0.1/30`. */
  readonly address: string;
}

/** Creates a veth pair between two namespaces. */
export async function connectNamespaces(left: VethEnd, right: VethEnd): Promise<void> {
  const peer = ["peer", "name", right.device, "netns", right.namespace.name];
  await left.namespace.ip("link", "add", left.device, "type", "veth", ...peer);
  for (const { namespace, device, address } of [left, right]) {
    await namespace.ip("address", "add", address, "dev", device);
    await namespace.ip("link", "set", device, "up");
  }
}
