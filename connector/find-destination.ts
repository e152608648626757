import type { Pass } from "../shared/protocol/pass.ts";
import type { Refusal } from "../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../shared/refusal/refusal.ts";
import type { AccessChanges } from "./access/access-changes.ts";
import type { Recorders } from "./capture/recorders.ts";
import type { GuestTable } from "./guests/guest-table.ts";
import type { PassVerifier } from "./pass-verifier.ts";
import { findHolder } from "./relay/capacity/find-holder.ts";
import type { Destination, RequestHead, Upstream } from "./relay/relay.ts";
import type { Revocations } from "./revocations.ts";
import type { UsageSink } from "./usage/usage-log.ts";

/** What is kept of requests that were admitted. */
export interface Accounts {
  readonly recorders: Pick<Recorders, "of">;
  readonly usage: UsageSink;
}

/** Where guests are looked up: the host's guest table, or a copy of it. */
export type GuestFinder = Pick<GuestTable, "find" | "findArriving">;

/** A call to the host itself has no link and no end. */
const HOST_GRANT = { link: undefined, embed: undefined, expiresAtMs: undefined, terms: undefined };

/**
 * The connector's steps for a request before bytes flow:
 *
 * 1. authorise the pass
 * 2. refuse a grant that has expired or is revoked, and a sandbox that is suspended
 * 3. find the guest, in exactly the pass's generation
 * 4. refuse a port that has been closed to such visitors a moment ago, then check the port
 *
 * For a pass that is remembered the result comes at once, without a promise, unless it is for a generation whose attach
 * is under way: the edge learns of a generation a moment before the guest table has it.
 */
export function createFindDestination(
  passes: PassVerifier,
  guests: GuestFinder,
  revocations: Revocations,
  accessChanges: AccessChanges,
  host: Upstream,
  accounts?: Accounts,
): (head: RequestHead) => Destination | Refusal | Promise<Destination | Refusal> {
  const findUpstream = (pass: Pass, nowMs: number): Upstream | Refusal => {
    if (pass.kind === "host") return host;
    const { sandboxId, port, generation, expiresAtMs, link, terms } = pass;
    if (expiresAtMs !== undefined && nowMs >= expiresAtMs) return refuse("link_expired");
    if (revocations.isSuspended(sandboxId, nowMs)) return refuse("suspended");
    if (revocations.covers({ sandboxId, link })) return refuse("link_revoked");
    const guest = guests.find(sandboxId);
    if (guest === undefined || guest.generation !== generation) return refuse("guest_not_here");
    const closed = accessChanges.check(pass, nowMs);
    if (closed !== undefined) return closed;
    // The pass may be older than the change.
    const closesLoopback = accessChanges.closesLoopback(sandboxId, nowMs);
    return guest.findUpstream(port, closesLoopback ? { ...terms, loopback: "off" } : terms);
  };

  const decide = (
    pass: Pass,
    head: RequestHead,
    nowMs: number,
  ): Destination | Refusal | Promise<Destination | Refusal> => {
    const attached = pass.kind === "host" ? undefined : guests.findArriving(pass.sandboxId, pass.generation);
    if (attached !== undefined) return attached.then(() => decideNow(pass, head, Date.now()));
    return decideNow(pass, head, nowMs);
  };

  const decideNow = (pass: Pass, head: RequestHead, nowMs: number): Destination | Refusal => {
    const upstream = findUpstream(pass, nowMs);
    if (isRefusal(upstream)) return upstream;
    if (accounts !== undefined && pass.kind === "sandbox")
      accounts.usage.count(upstream.guest, upstream.port, nowMs);
    return toDestination(upstream, pass, head, accounts?.recorders);
  };

  return (head) => {
    const nowMs = Date.now();
    const known = head.pass === undefined ? undefined : passes.recall(head.pass, nowMs);
    if (known !== undefined) return decide(known, head, nowMs);
    return passes
      .verify(head.pass, nowMs)
      .then((verified) => (isRefusal(verified) ? verified : decide(verified, head, nowMs)));
  };
}

function toDestination(
  upstream: Upstream,
  pass: Pass,
  head: RequestHead,
  recorders: Pick<Recorders, "of"> | undefined,
): Destination {
  const { link, embed, expiresAtMs, terms } = pass.kind === "host" ? HOST_GRANT : pass;
  const clientIp = head.clientIp ?? "";
  return {
    upstream,
    publicHost: head.publicHost ?? "",
    proto: head.proto === "http" ? "http" : "https",
    clientIp,
    requestId: head.requestId ?? "",
    link,
    embed,
    holder: findHolder(link, clientIp),
    expiresAtMs,
    listedPorts: terms?.listed,
    recorder: terms?.capture === undefined ? undefined : recorders?.of(upstream.guest, terms.capture),
  };
}
