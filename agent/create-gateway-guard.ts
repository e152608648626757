import { readFileSync } from "node:fs";
import { parseDefaultGateways } from "./kernel/parse-default-gateways.ts";

const ROUTES = "/proc/net/route";

/**
 * Decides which peers may connect to the agent: only the guest's gateway, behind which the connector runs. Programs in
 * the guest, and other machines beside it, may not.
 *
 * @param configured addresses in place of the default route's; empty: the route is read at each connection, because DHCP
 * may add it after the agent has started
 */
export function createGatewayGuard(configured: readonly string[]): (address: string | undefined) => boolean {
  return (address) => {
    // Node writes the IPv4 peers of a socket on `::` so (RFC 4291, section 2.5.5.2).
    const peer = address?.replace(/^::ffff:/, "");
    if (peer === undefined) return false;
    const gateways =
      configured.length > 0 ? configured : parseDefaultGateways(readFileSync(ROUTES, "latin1"));
    return gateways.includes(peer);
  };
}
