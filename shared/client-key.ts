import ipaddr from "ipaddr.js";

/** The least of an IPv6 network that a customer is given; one machine may use any number of its addresses. */
const PREFIX_GROUPS = 4;

/**
 * Names the network that a client's requests are counted for: an IPv4 address, or the /64 of an IPv6 address.
 *
 * @param clientIp as Cloudflare writes it in `cf-connecting-ip`; a text that is no IPv6 address names itself
 */
export function clientKey(clientIp: string): string {
  if (!clientIp.includes(":")) return clientIp;
  if (!ipaddr.IPv6.isValid(clientIp)) return clientIp;
  const address = ipaddr.IPv6.parse(clientIp);
  if (address.isIPv4MappedAddress()) return address.toIPv4Address().toString();
  const prefix = address.parts.slice(0, PREFIX_GROUPS).map((group) => group.toString(16));
  return `${prefix.join(":")}::/64`;
}
