import type { Logger } from "pino";
import type { HealthResponse } from "../../shared/protocol/host-calls.ts";
import {
  ACCESS_PATH,
  GUESTS_PREFIX,
  HEALTH_PATH,
  LAUNCH_PATH,
  launchedSandboxPath,
  REVOCATIONS_PATH,
  USAGE_PATH,
} from "../../shared/protocol/host-calls.ts";
import { AttachError } from "../attachments.ts";
import { ControlError } from "../control/call-control.ts";
import { errorResponse } from "../control/error-response.ts";
import type {
  JsonCall,
  JsonResponse,
  JsonServer,
  SocketPlace,
  StreamResponse,
} from "../control/serve-json.ts";
import { serveJson } from "../control/serve-json.ts";
import { StateError } from "../state/state-error.ts";
import type { Relays } from "../workers/relays.ts";
import { changeAccess } from "./change-access.ts";
import { endSandbox } from "./end-sandbox.ts";
import type { LaunchContext } from "./launch-sandbox.ts";
import { launchSandbox } from "./launch-sandbox.ts";
import type { PortContext } from "./ports/respond-about-ports.ts";
import { respondAboutPorts } from "./ports/respond-about-ports.ts";
import type { RequestContext } from "./requests/request-context.ts";
import { respondAboutRequests } from "./requests/respond-about-requests.ts";
import type { UsageContext } from "./respond-about-usage.ts";
import { respondAboutUsage } from "./respond-about-usage.ts";
import { revokeLinks } from "./revoke-links.ts";

export interface HostCallOptions {
  readonly place: SocketPlace;
  /** `undefined` on a host that does not start sandboxes. */
  readonly launch: LaunchContext | undefined;
  readonly relays: Pick<Relays, "revoke" | "changeAccess">;
  readonly ports: PortContext;
  readonly requests: RequestContext;
  readonly usage: UsageContext;
  /** Names this connector. */
  readonly instance: string;
  readonly log: Logger;
}

/** A replay's body of 64 KiB, with each byte as an escape of JSON. */
const MAX_CALL_BYTES = 512 * 1024;

const SANDBOX_PREFIX = launchedSandboxPath("");
const NO_SUCH_RESOURCE = errorResponse(404, "no such resource");
const NO_LAUNCHER = errorResponse(501, "this host starts no sandboxes");

/**
 * Serves what the edge asks of the host itself (`shared/protocol/host-calls.ts`).
 *
 * Only the relay leads here, and only with a pass of kind `host`, which only the edge can sign.
 */
export function createHostCallServer(options: HostCallOptions): Promise<JsonServer> {
  const onBug = (error: unknown): void => options.log.error({ err: error }, "bug in a call of the edge");
  return serveJson(options.place, (call) => respond(call, options), onBug, MAX_CALL_BYTES);
}

async function respond(call: JsonCall, options: HostCallOptions): Promise<JsonResponse | StreamResponse> {
  const { method, path, body } = call;
  const { launch, relays, ports, requests, usage, instance } = options;
  if (method === "GET" && path === HEALTH_PATH)
    return { status: 200, body: { instance } satisfies HealthResponse };
  if (method === "POST" && path === REVOCATIONS_PATH) return revokeLinks(body, relays, [ports, requests]);
  if (method === "POST" && path === USAGE_PATH) return respondAboutUsage(body, usage);
  if (path.startsWith(GUESTS_PREFIX))
    return (
      (await respondAboutPorts(call, ports)) ??
      (await respondAboutRequests(call, requests)) ??
      NO_SUCH_RESOURCE
    );
  if (method === "POST" && path === ACCESS_PATH) return changeAccess(body, relays);
  if (path !== LAUNCH_PATH && !path.startsWith(SANDBOX_PREFIX)) return NO_SUCH_RESOURCE;
  if (launch === undefined) return NO_LAUNCHER;
  try {
    return await respondAboutSandbox(call, launch);
  } catch (error) {
    if (error instanceof AttachError) return errorResponse(409, error.message);
    if (error instanceof StateError) return errorResponse(error.isFull ? 507 : 500, error.message);
    if (error instanceof ControlError) return errorResponse(error.status === 400 ? 400 : 502, error.message);
    throw error;
  }
}

async function respondAboutSandbox(
  { method, path, body }: JsonCall,
  context: LaunchContext,
): Promise<JsonResponse> {
  if (method === "POST" && path === LAUNCH_PATH) return launchSandbox(body, context);
  if (method === "DELETE" && path.startsWith(SANDBOX_PREFIX))
    return endSandbox(path.slice(SANDBOX_PREFIX.length), context);
  return NO_SUCH_RESOURCE;
}
