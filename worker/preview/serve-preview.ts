import type { UnverifiedLink } from "../../shared/link/link-token.ts";
import type { Hostname } from "../../shared/link/parse-hostname.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../shared/refusal/refusal.ts";
import type { Edge } from "../edge.ts";
import type { Admission } from "../objects/messages.ts";
import type { RequestRecord } from "../report/request-record.ts";
import type { PreviewAddress } from "./admissions.ts";
import { checkLinkTime } from "./check-link-time.ts";
import { checkPath } from "./check-path.ts";
import type { Page } from "./find-page.ts";
import { findPage } from "./find-page.ts";
import { findToken } from "./find-token.ts";
import {
  forwardSafely,
  isGuestNotHere,
  isOriginFailure,
  isPortHidden,
  isReplayable,
  losesBody,
} from "./forward.ts";

type PreviewHostname = Exclude<Hostname, { kind: "api" }>;

export interface PreviewRequest {
  readonly request: Request;
  readonly url: URL;
  readonly hostname: PreviewHostname;
  /** The one address that Cloudflare saw; empty if unknown. */
  readonly clientIp: string;
  readonly record: RequestRecord;
  readonly context: Pick<ExecutionContext, "waitUntil">;
}

const BODY_LOST = "A GET or HEAD request with a chunked body cannot be forwarded. Send its length instead.";

/** Shares that a page's request waits for before it asks for one itself: as many as a visit of the default limit has. */
const MAX_SHARES_AWAITED = 6;

/** How long a visitor is asked to wait when a host does not respond. */
const HOST_RETRY_AFTER_S = 5;

/**
 * The edge's half of the way of a request, after its hostname was parsed:
 *
 * 1. decode: the token of a link's hostname, or one that was sent to a public one, becomes claims that are not verified
 *    yet
 * 2. admit: the sandbox's object, or what this isolate remembers of it, gives host and expiry, or a refusal
 * 3. check the path, where a link opens only some
 * 4. stamp: a pass that only this host accepts, for this sandbox, port and generation
 * 5. forward, and return the response as it is
 *
 * If the host does not have the guest, what was remembered is stale: forget it, and repeat 2–5 once.
 *
 * What the isolate remembers is read without a promise: each turn of the event loop costs time.
 */
export async function servePreview(preview: PreviewRequest, edge: Edge): Promise<Response | Refusal> {
  if (losesBody(preview.request)) return refuse("request_malformed", { detail: BODY_LOST });
  const { request, url, hostname, clientIp } = preview;
  const token = hostname.kind === "link" ? hostname.token : findToken(request.headers);
  const address =
    token === undefined
      ? publicAddress(hostname)
      : toAddress(edge.links.recall(token) ?? (await edge.links.decode(token)), token, hostname);
  if (isRefusal(address)) return address;
  preview.record.address = address;
  const page = findPage(request, url, clientIp);

  const response = await attempt(preview, address, page, edge);
  if (isRefusal(response)) return response;
  const isHidden = isPortHidden(response);
  if (!isHidden && !isGuestNotHere(response)) return response;

  edge.admissions.forget(address, page);
  await response.body?.cancel();
  if (isHidden) return refuse("sandbox_not_found");
  if (!isReplayable(request)) return refuse("edge_unavailable", { retryAfterS: 1 });
  const second = await attempt(preview, address, page, edge);
  if (isRefusal(second) || !isGuestNotHere(second)) return second;
  // The object has a route, and its host has another generation: one of them is about to learn of the other.
  edge.admissions.forget(address, page);
  return refuse("edge_unavailable", { retryAfterS: 1 });
}

function publicAddress(hostname: PreviewHostname): PreviewAddress | Refusal {
  if (hostname.kind === "link") return refuse("link_invalid");
  const { port, sandboxId } = hostname;
  return { name: `${port}-${sandboxId}`, sandboxId, port };
}

/** A token that was sent to a public hostname must be for exactly that port: it does not lead anywhere else. */
function toAddress(
  link: UnverifiedLink | Refusal,
  token: string,
  hostname: PreviewHostname,
): PreviewAddress | Refusal {
  if (isRefusal(link)) return link;
  const { sandboxId, port } = link.claims;
  if (hostname.kind === "public" && (hostname.sandboxId !== sandboxId || hostname.port !== port))
    return refuse("link_invalid");
  return { name: token, sandboxId, port, link };
}

async function attempt(
  preview: PreviewRequest,
  address: PreviewAddress,
  page: Page | undefined,
  edge: Edge,
): Promise<Response | Refusal> {
  const { record } = preview;
  const recalled = edge.admissions.recall(address, Date.now(), page);
  const admission =
    recalled ??
    (await (page?.kind === "own"
      ? askForShare(preview, address, page, edge)
      : ask(preview, address, page, edge, Date.now())));
  const nowMs = Date.now();
  if (isRefusal(admission)) {
    if (recalled !== undefined) record.repeated = true;
    record.refusal = admission;
    return admission;
  }
  if (isOver(admission, nowMs)) return refuse("link_expired");
  const refusal = checkPath(preview.url.pathname, admission.paths);
  if (refusal !== undefined) return refusal;
  record.hostId = admission.hostId;
  record.admittedMs = Date.now();
  const pass = edge.passes.recall(admission, nowMs) ?? (await edge.passes.sign(address, admission, nowMs));
  try {
    const { request, url, clientIp } = preview;
    const { origin } = admission;
    const { requestId, timingToken } = record;
    const timed = timingToken !== null;
    const edgeMs = admission.terms?.capture === undefined ? undefined : record.admittedMs - record.startedMs;
    const response = await forwardSafely(request, { origin, pass, url, clientIp, requestId, edgeMs, timed });
    return isOriginFailure(response)
      ? reportUnreachable(admission, record, `status ${response.status}`)
      : response;
  } catch (error) {
    return reportUnreachable(admission, record, String(error));
  }
}

function reportUnreachable({ hostId }: Admission, { requestId }: RequestRecord, error: string): Refusal {
  console.error({ event: "host_unreachable", host: hostId, request: requestId, error });
  return refuse("host_unreachable", { retryAfterS: HOST_RETRY_AFTER_S });
}

/** A page's own requests come at once: one asks for a share, the others wait for it. */
async function askForShare(
  preview: PreviewRequest,
  address: PreviewAddress,
  page: Page,
  edge: Edge,
): Promise<Admission | Refusal> {
  for (let round = 0; round < MAX_SHARES_AWAITED; round++) {
    const awaited = edge.admissions.awaitShare(address, Date.now(), page);
    if (awaited === undefined) break;
    await awaited;
    const admission = edge.admissions.recall(address, Date.now(), page);
    if (isRefusal(admission)) preview.record.repeated = true;
    if (admission !== undefined) return admission;
  }
  // Nothing is awaited between the last look and this call, which the others then wait for.
  return ask(preview, address, page, edge, Date.now());
}

/** Asks the object, unless the request can be refused without it. */
function ask(
  { clientIp, record, context }: PreviewRequest,
  address: PreviewAddress,
  page: Page | undefined,
  edge: Edge,
  nowMs: number,
): Promise<Admission | Refusal> | Refusal {
  const earlyRefusal =
    (address.link && checkLinkTime(address.link.claims.expiresAtMs, nowMs)) ??
    (edge.admissions.isKnown(address.name) ? undefined : edge.misses.check(clientIp, nowMs));
  if (earlyRefusal !== undefined) return earlyRefusal;
  record.asked = true;
  // A visitor who resets the connection ends the invocation: what follows the call must run all the same.
  const decision = askObject(address, page, clientIp, edge, nowMs);
  context.waitUntil(decision);
  return decision;
}

async function askObject(
  address: PreviewAddress,
  page: Page | undefined,
  clientIp: string,
  edge: Edge,
  nowMs: number,
): Promise<Admission | Refusal> {
  try {
    const decision = await edge.admissions.ask(address, nowMs, page);
    if (isRefusal(decision) && isMiss(decision)) await edge.misses.recordMiss(clientIp, nowMs);
    return decision;
  } catch (error) {
    console.error({ event: "object_unavailable", sandbox: address.sandboxId, error: String(error) });
    return refuse("edge_unavailable", { retryAfterS: 1 });
  }
}

function isMiss({ code }: Refusal): boolean {
  return code === "sandbox_not_found" || code === "link_invalid";
}

function isOver(admission: Admission, nowMs: number): boolean {
  return admission.expiresAtMs !== undefined && nowMs >= admission.expiresAtMs;
}
