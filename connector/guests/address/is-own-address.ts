import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import ipaddr from "ipaddr.js";
import { parseIpv6Addresses } from "./parse-ipv6-addresses.ts";
import { parseLocalRoutes } from "./parse-local-routes.ts";

/** The kernel's tables on Linux, which every process may read. */
const IPV4_ROUTES_FILE = "/proc/net/fib_trie";
const IPV6_ADDRESSES_FILE = "/proc/net/if_inet6";

type Address = ReturnType<typeof ipaddr.parse>;
type Range = [Address, number];

/**
 * Whether this host itself would respond at an address.
 *
 * Node's list leaves out interfaces without a carrier, such as a tap whose machine has not started yet, although the
 * kernel delivers to their addresses, and it has no local routes. So the kernel's own tables count, too.
 */
export async function isOwnAddress(address: string): Promise<boolean> {
  const wanted = ipaddr.parse(address);
  return (await listOwnRanges()).some(
    ([base, bits]) =>
      base.kind() === wanted.kind() && (wanted as ipaddr.IPv6).match([base as ipaddr.IPv6, bits]),
  );
}

async function listOwnRanges(): Promise<Range[]> {
  const [routes, addresses] = await Promise.all([
    readTable(IPV4_ROUTES_FILE),
    readTable(IPV6_ADDRESSES_FILE),
  ]);
  const single = Object.values(networkInterfaces()).flatMap(
    (each) => each?.map(({ address }) => address) ?? [],
  );
  return [
    ...[...single, ...parseIpv6Addresses(addresses)].map((address) => toRange(address)),
    ...parseLocalRoutes(routes).map(({ address, bits }) => toRange(address, bits)),
  ];
}

function toRange(text: string, bits?: number): Range {
  const address = ipaddr.parse(text);
  return [address, bits ?? address.toByteArray().length * 8];
}

async function readTable(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
