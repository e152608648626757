import type { UnverifiedLink } from "../shared/link-token.ts";
import { decodeLinkToken } from "../shared/link-token.ts";
import type { Hostname } from "../shared/parse-hostname.ts";
import type { Refusal } from "../shared/refusal.ts";
import { isRefusal, refuse } from "../shared/refusal.ts";
import type { PreviewAddress } from "./admissions.ts";
import { checkPath } from "./check-path.ts";
import type { Edge } from "./edge.ts";
import { forward, isGuestNotHere, isReplayable } from "./forward.ts";
import type { Admission } from "./objects/sandbox.ts";

type PreviewHostname = Exclude<Hostname, { kind: "api" }>;

export interface PreviewRequest {
  readonly request: Request;
  readonly url: URL;
  readonly hostname: PreviewHostname;
  readonly requestId: string;
}

/** How long a visitor is asked to wait when a host does not answer. */
const HOST_RETRY_AFTER_S = 5;

/**
 * The edge's half of the way of a request, after its hostname was parsed:
 *
 * 1. decode: the hostname's token becomes claims that nobody has verified yet
 * 2. admit: the sandbox's object (or what it told this isolate) says where to, until when, or why not
 * 3. check the path, where a link opens only some
 * 4. stamp: a pass that only this host, for this sandbox, port and generation, accepts
 * 5. forward, and return what comes back as it is
 *
 * If the host does not know the guest, what we remembered is stale: forget it, and do 2–5 once more.
 */
export async function servePreview(preview: PreviewRequest, edge: Edge): Promise<Response | Refusal> {
  const address = await decodeAddress(preview.hostname, edge);
  if (isRefusal(address)) return address;

  const response = await attempt(preview, address, edge);
  if (isRefusal(response) || !isGuestNotHere(response)) return response;

  edge.admissions.forget(address.name);
  await response.body?.cancel();
  if (!isReplayable(preview.request)) return refuse("edge_unavailable", { retryAfterS: 1 });
  const second = await attempt(preview, address, edge);
  return isRefusal(second) || !isGuestNotHere(second) ? second : refuse("sandbox_not_found");
}

async function decodeAddress(hostname: PreviewHostname, edge: Edge): Promise<PreviewAddress | Refusal> {
  if (hostname.kind === "public") {
    const { port, sandboxId } = hostname;
    return { name: `${port}-${sandboxId}`, sandboxId, port };
  }
  const link = await decodeLinkToken(hostname.token, edge.linkMaskKey);
  return isRefusal(link) ? link : linkAddress(hostname.token, link);
}

function linkAddress(token: string, link: UnverifiedLink): PreviewAddress {
  const { sandboxId, port } = link.claims;
  return { name: token, sandboxId, port, link };
}

async function attempt(
  preview: PreviewRequest,
  address: PreviewAddress,
  edge: Edge,
): Promise<Response | Refusal> {
  const nowMs = Date.now();
  const admission = await admit(address, edge, nowMs);
  if (isRefusal(admission)) return admission;
  const refusal = checkPath(preview.url.pathname, admission.paths);
  if (refusal !== undefined) return refusal;
  const target = { sandboxId: address.sandboxId, port: address.port, link: address.link };
  const pass = await edge.passes.press(target, admission, nowMs);
  try {
    return await forward(preview.request, { ...preview, pass, origin: admission.origin });
  } catch (error) {
    console.error({
      event: "host_unreachable",
      host: admission.hostId,
      request: preview.requestId,
      error: String(error),
    });
    return refuse("host_unreachable", { retryAfterS: HOST_RETRY_AFTER_S });
  }
}

/** An object that is overloaded or unreachable is neither a yes nor a no, and is not asked again. */
async function admit(address: PreviewAddress, edge: Edge, nowMs: number): Promise<Admission | Refusal> {
  const remembered = edge.admissions.admit(address, nowMs);
  try {
    const admission = await remembered;
    return !isRefusal(admission) && isOver(admission, nowMs) ? refuse("link_expired") : admission;
  } catch (error) {
    console.error({ event: "object_unavailable", sandbox: address.sandboxId, error: String(error) });
    return refuse("edge_unavailable", { retryAfterS: 1 });
  }
}

function isOver(admission: Admission, nowMs: number): boolean {
  return admission.until !== 0 && nowMs >= admission.until * 1000;
}
