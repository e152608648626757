import type { Logger } from "pino";
import type { z } from "zod";
import type {
  AttachedGuest,
  DetachedGuest,
  GuestList,
  ListedGuest,
  Status,
} from "../../shared/protocol/control-api.ts";
import {
  GUESTS_PATH,
  guestOfferSchema,
  guestPath,
  guestPortsPath,
  portsReportSchema,
  STATS_PATH,
  STATUS_PATH,
} from "../../shared/protocol/control-api.ts";
import { parseSandboxId } from "../../shared/sandbox-id.ts";
import type { Attachments } from "../attachments.ts";
import { AttachError } from "../attachments.ts";
import type { Announcer } from "../edge/announcer.ts";
import type { Guest } from "../guests/guest.ts";
import type { GuestTable } from "../guests/guest-table.ts";
import { StateError } from "../state/state-error.ts";
import type { Relays } from "../workers/relays.ts";
import { errorResponse } from "./error-response.ts";
import type { JsonCall, JsonResponse, JsonServer, SocketPlace } from "./serve-json.ts";
import { serveJson } from "./serve-json.ts";

export interface ControlOptions {
  readonly place: SocketPlace;
  readonly guests: GuestTable;
  readonly attachments: Attachments;
  readonly announcer: Pick<Announcer, "describe">;
  readonly relays: Pick<Relays, "stats">;
  status(): Status;
  readonly log: Logger;
}

const GUEST_PREFIX = guestPath("");
const NO_SUCH_RESOURCE = errorResponse(404, "no such resource");
const NO_SUCH_GUEST = errorResponse(404, "no such guest");

/** Serves the host's own API (`shared/protocol/control-api.ts`); guests and the network cannot reach it. */
export function createControlServer(options: ControlOptions): Promise<JsonServer> {
  const onBug = (error: unknown): void => options.log.error({ err: error }, "bug in control API");
  return serveJson(options.place, (call) => respond(call, options), onBug);
}

async function respond(call: JsonCall, options: ControlOptions): Promise<JsonResponse> {
  try {
    return await respondToCall(call, options);
  } catch (error) {
    if (error instanceof AttachError) return errorResponse(409, error.message);
    if (error instanceof StateError) return errorResponse(error.isFull ? 507 : 500, error.message);
    throw error;
  }
}

function respondToCall(call: JsonCall, options: ControlOptions): JsonResponse | Promise<JsonResponse> {
  const { method, path, body } = call;
  if (method === "GET" && path === STATUS_PATH) return { status: 200, body: options.status() };
  if (method === "GET" && path === STATS_PATH) return stats(options);
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

async function stats({ relays }: ControlOptions): Promise<JsonResponse> {
  return { status: 200, body: await relays.stats() };
}

function list(options: ControlOptions): JsonResponse {
  const guests = options.guests.list().map((guest) => describeGuest(guest, options));
  return { status: 200, body: { guests } satisfies GuestList };
}

async function attach(body: unknown, options: ControlOptions): Promise<JsonResponse> {
  const offer = guestOfferSchema.safeParse(body);
  if (!offer.success) return invalid(offer.error);
  const { guest, route, edgeKnows } = await options.attachments.attach(offer.data);
  const attached: AttachedGuest = { ...describeGuest(guest, options), way: route, edgeKnows };
  return { status: edgeKnows ? 201 : 202, body: attached };
}

async function detach(sandboxId: string, options: ControlOptions): Promise<JsonResponse> {
  const detachment = await options.attachments.detach(sandboxId);
  if (detachment === undefined) return NO_SUCH_GUEST;
  const { edgeRefusal: _, ...guest } = describeGuest(detachment.guest, options);
  const { edgeKnows } = detachment;
  return { status: 200, body: { ...guest, edgeKnows } satisfies DetachedGuest };
}

function reportPorts(sandboxId: string, body: unknown, options: ControlOptions): JsonResponse {
  const report = portsReportSchema.safeParse(body);
  if (!report.success) return invalid(report.error);
  const guest = options.guests.find(sandboxId);
  if (guest === undefined) return NO_SUCH_GUEST;
  guest.reportPorts(report.data.ports);
  return { status: 200, body: describeGuest(guest, options) };
}

function describeGuest(guest: Guest, { announcer }: Pick<ControlOptions, "announcer">): ListedGuest {
  const { sandboxId, workspace, address, tap, namespace } = guest.record;
  const { generation, ports, agentFollowed } = guest;
  const facts = { sandboxId, workspace, address, tap, namespace, generation, ports, agentFollowed };
  return { ...facts, ...announcer.describe(guest) };
}

function invalid(error: z.ZodError): JsonResponse {
  const problems = error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`);
  return errorResponse(400, problems.join("; "));
}
