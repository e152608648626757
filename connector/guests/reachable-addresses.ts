const IPV4_LOOPBACK = "127.0.0.1";
const IPV6_LOOPBACK = "::1";

/** Addresses to dial for a guest, in order: a server on this machine may listen on either loopback. */
export function reachableAddresses(address: string): readonly string[] {
  return address === IPV4_LOOPBACK ? [IPV4_LOOPBACK, IPV6_LOOPBACK] : [address];
}
