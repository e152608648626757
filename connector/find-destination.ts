import type { PassClaims } from "../shared/pass.ts";
import { HOST_SUBJECT } from "../shared/pass.ts";
import type { Refusal } from "../shared/refusal.ts";
import { isRefusal, refuse } from "../shared/refusal.ts";
import type { GuestTable } from "./guests/guest-table.ts";
import type { PassVerifier } from "./pass-verifier.ts";
import type { Destination, RequestHead, Upstream } from "./relay/relay.ts";
import type { Revocations } from "./revocations.ts";

/**
 * The connector's half of the way of a request, before bytes flow:
 *
 * 1. authorise the pass
 * 2. refuse a grant that is over or withdrawn
 * 3. find the guest, in exactly the generation that the edge believes in
 * 4. check the port
 *
 * A pass that was seen before is decided about at once, without a promise.
 */
export function createFindDestination(
  passes: PassVerifier,
  guests: GuestTable,
  revocations: Revocations,
  host: Upstream,
): (head: RequestHead) => Destination | Refusal | Promise<Destination | Refusal> {
  const findUpstream = (
    { sandboxId, port, generation, until, link }: PassClaims,
    nowMs: number,
  ): Upstream | Refusal => {
    if (until !== 0 && nowMs >= until * 1000) return refuse("link_expired");
    if (sandboxId === HOST_SUBJECT) return host;
    if (revocations.cover({ sandboxId, link })) return refuse("link_revoked");
    const guest = guests.find(sandboxId);
    if (guest === undefined || guest.generation !== generation) return refuse("guest_not_here");
    return guest.findUpstream(port);
  };

  const decide = (claims: PassClaims, head: RequestHead, nowMs: number): Destination | Refusal => {
    const upstream = findUpstream(claims, nowMs);
    return isRefusal(upstream) ? upstream : toDestination(upstream, claims, head);
  };

  return (head) => {
    const nowMs = Date.now();
    const { pass } = head;
    const claims = pass === undefined ? undefined : passes.recall(pass, nowMs);
    if (claims !== undefined) return decide(claims, head, nowMs);
    return passes
      .verify(pass, nowMs)
      .then((verified) => (isRefusal(verified) ? verified : decide(verified, head, nowMs)));
  };
}

function toDestination(upstream: Upstream, { link, until }: PassClaims, head: RequestHead): Destination {
  return {
    upstream,
    publicHost: head.publicHost ?? "",
    proto: head.proto === "http" ? "http" : "https",
    clientIp: head.clientIp ?? "",
    requestId: head.requestId ?? "",
    link,
    untilMs: until * 1000,
  };
}
