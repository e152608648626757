import type { Logger } from "pino";
import type { z } from "zod";
import type {
  AttachedGuest,
  DetachedGuest,
  GuestList,
  ListedGuest,
} from "../../shared/protocol/control-api.ts";
import {
  GUESTS_PATH,
  guestOfferSchema,
  guestPath,
  guestPortsPath,
  portsReportSchema,
  STATS_PATH,
} from "../../shared/protocol/control-api.ts";
import { parseSandboxId } from "../../shared/sandbox-id.ts";
import type { Attachments } from "../attachments.ts";
import { AttachError } from "../attachments.ts";
import type { Guest } from "../guests/guest.ts";
import type { GuestTable } from "../guests/guest-table.ts";
import type { Relay } from "../relay/relay.ts";
import { errorResponse } from "./error-response.ts";
import type { JsonCall, JsonResponse, JsonServer } from "./serve-json.ts";
import { serveJson } from "./serve-json.ts";

export interface ControlOptions {
  readonly socketPath: string;
  readonly guests: GuestTable;
  readonly attachments: Attachments;
  readonly relay: Pick<Relay, "stats">;
  readonly log: Logger;
}

const GUEST_PREFIX = guestPath("");
const NO_SUCH_RESOURCE = errorResponse(404, "no such resource");
const NO_SUCH_GUEST = errorResponse(404, "no such guest");

/** Serves the host's own API (`shared/protocol/control-api.ts`); guests and the network cannot reach it. */
export function createControlServer(options: ControlOptions): Promise<JsonServer> {
  const onBug = (error: unknown): void => options.log.error({ err: error }, "bug in control API");
  return serveJson(options.socketPath, (call) => respond(call, options), onBug);
}

function respond(call: JsonCall, options: ControlOptions): JsonResponse | Promise<JsonResponse> {
  const { method, path, body } = call;
  if (method === "GET" && path === STATS_PATH) return { status: 200, body: options.relay.stats() };
  if (method === "GET" && path === GUESTS_PATH) return list(options);
  if (method === "POST" && path === GUESTS_PATH) return attach(body, options);
  if (path === GUESTS_PATH || path.startsWith(GUEST_PREFIX)) return respondAboutGuest(call, options);
  return NO_SUCH_RESOURCE;
}

function respondAboutGuest(
  { method, path, body }: JsonCall,
  options: ControlOptions,
): JsonResponse | Promise<JsonResponse> {
  const [id = ""] = path.slice(GUEST_PREFIX.length).split("/");
  const sandboxId = parseSandboxId(id);
  if (sandboxId === undefined) return errorResponse(400, "the sandbox must be a UUID");
  if (method === "DELETE" && path === guestPath(id)) return detach(sandboxId, options);
  if (method === "PUT" && path === guestPortsPath(id)) return reportPorts(sandboxId, body, options);
  return NO_SUCH_RESOURCE;
}

function list({ guests }: ControlOptions): JsonResponse {
  return { status: 200, body: { guests: guests.list().map(describeGuest) } satisfies GuestList };
}

async function attach(body: unknown, { attachments }: ControlOptions): Promise<JsonResponse> {
  const offer = guestOfferSchema.safeParse(body);
  if (!offer.success) return invalid(offer.error);
  try {
    const { guest, route, edgeKnows } = await attachments.attach(offer.data);
    const attached: AttachedGuest = { ...describeGuest(guest), way: route, edgeKnows };
    return { status: edgeKnows ? 201 : 202, body: attached };
  } catch (error) {
    if (!(error instanceof AttachError)) throw error;
    return errorResponse(409, error.message);
  }
}

async function detach(sandboxId: string, { attachments }: ControlOptions): Promise<JsonResponse> {
  const detachment = await attachments.detach(sandboxId);
  if (detachment === undefined) return NO_SUCH_GUEST;
  const { guest, edgeKnows } = detachment;
  return { status: 200, body: { ...describeGuest(guest), edgeKnows } satisfies DetachedGuest };
}

function reportPorts(sandboxId: string, body: unknown, { guests }: ControlOptions): JsonResponse {
  const report = portsReportSchema.safeParse(body);
  if (!report.success) return invalid(report.error);
  const guest = guests.find(sandboxId);
  if (guest === undefined) return NO_SUCH_GUEST;
  guest.reportPorts(report.data.ports);
  return { status: 200, body: describeGuest(guest) };
}

function describeGuest(guest: Guest): ListedGuest {
  const { sandboxId, workspace, address, tap, namespace } = guest.record;
  const { generation, ports, agentFollowed } = guest;
  return { sandboxId, workspace, address, tap, namespace, generation, ports, agentFollowed };
}

function invalid(error: z.ZodError): JsonResponse {
  const problems = error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`);
  return errorResponse(400, problems.join("; "));
}
