import { readFileSync } from "node:fs";
import { parseDefaultGateways } from "./kernel/parse-default-gateways.ts";

const ROUTES = "/proc/net/route";

/**
 * Decides who may talk to the agent: the guest's gateway, behind which its connector lives, and nobody in the
 * guest or beside it.
 *
 * @param configured addresses in place of the default route's; empty: read the route at each connection, because
 * DHCP may bring it after the agent has started
 */
export function createGatewayGuard(configured: readonly string[]): (address: string | undefined) => boolean {
  return (address) => {
    const peer = address?.replace(/^::ffff:/, "");
    if (peer === undefined) return false;
    const gateways =
      configured.length > 0 ? configured : parseDefaultGateways(readFileSync(ROUTES, "latin1"));
    return gateways.includes(peer);
  };
}
