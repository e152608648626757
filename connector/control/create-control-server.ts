import type { Logger } from "pino";
import type { z } from "zod";
import type { ListedGuest } from "../../shared/protocol/control-api.ts";
import { guestOfferSchema, portsReportSchema } from "../../shared/protocol/control-api.ts";
import { parseSandboxId } from "../../shared/sandbox-id.ts";
import type { Attachments } from "../attachments.ts";
import { AttachError } from "../attachments.ts";
import type { Guest } from "../guests/guest.ts";
import type { GuestTable } from "../guests/guest-table.ts";
import type { Relay } from "../relay/relay.ts";
import type { JsonAnswer, JsonCall, JsonServer } from "./serve-json.ts";
import { serveJson } from "./serve-json.ts";

export interface ControlOptions {
  readonly socketPath: string;
  readonly guests: GuestTable;
  readonly attachments: Attachments;
  readonly relay: Pick<Relay, "stats">;
  readonly log: Logger;
}

const NO_SUCH_RESOURCE: JsonAnswer = { status: 404, body: { error: "no such resource" } };
const NO_SUCH_GUEST: JsonAnswer = { status: 404, body: { error: "no such guest" } };

/**
 * Serves the host's own API; guests and the network cannot reach it.
 *
 * `POST /guests` · `GET /guests` · `DELETE /guests/{id}` · `PUT /guests/{id}/ports` · `GET /stats`
 */
export function createControlServer(options: ControlOptions): Promise<JsonServer> {
  const onBug = (error: unknown): void => options.log.error({ err: error }, "bug in control API");
  return serveJson(options.socketPath, (call) => answer(call, options), onBug);
}

async function answer({ method, path, body }: JsonCall, options: ControlOptions): Promise<JsonAnswer> {
  const [collection, id, part] = path;
  const { guests, relay } = options;
  if (collection === "stats" && method === "GET") return { status: 200, body: relay.stats() };
  if (collection !== "guests") return NO_SUCH_RESOURCE;
  if (id === undefined && method === "GET")
    return { status: 200, body: { guests: guests.list().map(describe) } };
  if (id === undefined && method === "POST") return attach(body, options);
  const sandboxId = parseSandboxId(id ?? "");
  if (sandboxId === undefined) return { status: 400, body: { error: "the sandbox must be a UUID" } };
  if (part === undefined && method === "DELETE") return detach(sandboxId, options);
  if (part === "ports" && method === "PUT") return reportPorts(sandboxId, body, options);
  return NO_SUCH_RESOURCE;
}

async function attach(body: unknown, { attachments }: ControlOptions): Promise<JsonAnswer> {
  const offer = guestOfferSchema.safeParse(body);
  if (!offer.success) return invalid(offer.error);
  try {
    const { guest, way, edgeKnows } = await attachments.attach(offer.data);
    return { status: edgeKnows ? 201 : 202, body: { ...describe(guest), way, edgeKnows } };
  } catch (error) {
    if (!(error instanceof AttachError)) throw error;
    return { status: 409, body: { error: error.message } };
  }
}

async function detach(sandboxId: string, { attachments }: ControlOptions): Promise<JsonAnswer> {
  const detached = await attachments.detach(sandboxId);
  if (detached === undefined) return NO_SUCH_GUEST;
  return { status: 200, body: { ...describe(detached.guest), edgeKnows: detached.edgeKnows } };
}

function reportPorts(sandboxId: string, body: unknown, { guests }: ControlOptions): JsonAnswer {
  const report = portsReportSchema.safeParse(body);
  if (!report.success) return invalid(report.error);
  const guest = guests.find(sandboxId);
  if (guest === undefined) return NO_SUCH_GUEST;
  guest.reportPorts(report.data.ports);
  return { status: 200, body: describe(guest) };
}

function describe(guest: Guest): ListedGuest {
  const { sandboxId, workspace, address, tap, namespace } = guest.record;
  const { generation, ports, agentFollowed } = guest;
  return { sandboxId, workspace, address, tap, namespace, generation, ports, agentFollowed };
}

function invalid(error: z.ZodError): JsonAnswer {
  const problems = error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`);
  return { status: 400, body: { error: problems.join("; ") } };
}
