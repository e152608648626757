import { BoundedMap } from "../../../shared/bounded-map.ts";
import { clientKey } from "../../../shared/client-key.ts";
import type { PassLink } from "../../../shared/protocol/pass.ts";

/** Reading an IPv6 address costs more than all other steps of admitting a request. */
const MAX_REMEMBERED = 4096;

const remembered = new BoundedMap<string, string>(MAX_REMEMBERED);

/**
 * Names whose share of a sandbox's slots a request takes: its link, or under a public hostname its client, which is an
 * IPv4 address or a /64 of IPv6.
 *
 * @param clientIp as the edge saw it; empty if unknown
 */
export function findHolder(link: PassLink | undefined, clientIp: string): string {
  if (link !== undefined) return link.id;
  return clientIp.includes(":") ? findNetwork(clientIp) : clientIp;
}

function findNetwork(clientIp: string): string {
  const known = remembered.get(clientIp);
  if (known !== undefined) return known;
  const network = clientKey(clientIp);
  remembered.set(clientIp, network);
  return network;
}
