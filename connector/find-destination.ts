import type { PassClaims } from "../shared/pass.ts";
import {
  CLIENT_IP_HEADER,
  PASS_HEADER,
  PROTO_HEADER,
  PUBLIC_HOST_HEADER,
  REQUEST_ID_HEADER,
} from "../shared/pass.ts";
import type { Refusal } from "../shared/refusal.ts";
import { isRefusal, refuse } from "../shared/refusal.ts";
import type { GuestTable } from "./guests/guest-table.ts";
import type { PassVerifier } from "./pass-verifier.ts";
import type { Destination, RequestHead } from "./relay/relay.ts";

/**
 * The connector's half of the way of a request, before bytes flow:
 *
 * 1. authorise the pass
 * 2. find the guest, in exactly the generation that the edge believes in
 * 3. check the port
 *
 * A pass that was seen before is decided about at once, without a promise.
 */
export function createFindDestination(
  passes: PassVerifier,
  guests: GuestTable,
): (head: RequestHead) => Destination | Refusal | Promise<Destination | Refusal> {
  return (head) => {
    const nowMs = Date.now();
    const pass = head.field(PASS_HEADER);
    const claims = pass === undefined ? undefined : passes.recall(pass, nowMs);
    if (claims !== undefined) return decide(claims, head, guests, nowMs);
    return passes
      .verify(pass, nowMs)
      .then((verified) => (isRefusal(verified) ? verified : decide(verified, head, guests, nowMs)));
  };
}

function decide(
  claims: PassClaims,
  head: RequestHead,
  guests: GuestTable,
  nowMs: number,
): Destination | Refusal {
  const { sandboxId, port, generation, until, link } = claims;
  if (until !== 0 && nowMs >= until * 1000) return refuse("link_expired");
  const guest = guests.find(sandboxId);
  if (guest === undefined || guest.generation !== generation) return refuse("guest_not_here");
  const upstream = guest.findUpstream(port);
  if (isRefusal(upstream)) return upstream;
  return {
    upstream,
    publicHost: head.field(PUBLIC_HOST_HEADER) ?? "",
    proto: head.field(PROTO_HEADER) === "http" ? "http" : "https",
    clientIp: head.field(CLIENT_IP_HEADER) ?? "",
    requestId: head.field(REQUEST_ID_HEADER) ?? "",
    link,
    untilMs: until * 1000,
  };
}
