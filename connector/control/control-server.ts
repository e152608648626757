import { chmod, mkdir, rm } from "node:fs/promises";
import * as http from "node:http";
import * as net from "node:net";
import { dirname } from "node:path";
import type { Logger } from "pino";
import { z } from "zod";
import { parseSandboxId } from "../../shared/sandbox-id.ts";
import type { Announcer } from "../edge/announcer.ts";
import { EdgeError } from "../edge/edge-client.ts";
import type { Guest } from "../guests/guest.ts";
import { guestOfferSchema } from "../guests/guest-record.ts";
import type { GuestTable } from "../guests/guest-table.ts";
import { findWay, WayError } from "../guests/tap/find-way.ts";
import type { Relay } from "../relay/relay.ts";

export interface ControlOptions {
  readonly socketPath: string;
  readonly guests: GuestTable;
  readonly announcer: Announcer;
  readonly relay: Relay;
  readonly log: Logger;
}

export interface ControlServer {
  close(): void;
}

/** An attach answers after this long even if the edge does not, and says so; the call goes on behind it. */
const EDGE_WAIT_MS = 10_000;
const MAX_BODY_BYTES = 64 * 1024;

const portsSchema = z.strictObject({ ports: z.array(z.int().min(1).max(65_535)) });

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Serves the host's own API on a Unix socket that only its owner can open; guests and the network cannot reach it.
 *
 * `POST /guests` · `GET /guests` · `DELETE /guests/{id}` · `PUT /guests/{id}/ports` · `GET /stats`
 */
export async function createControlServer(options: ControlOptions): Promise<ControlServer> {
  const { socketPath, log } = options;
  await mkdir(dirname(socketPath), { recursive: true, mode: 0o700 });
  await removeStaleSocket(socketPath);
  const server = http.createServer((request, response) => {
    answer(request, options)
      .catch((error: unknown) => {
        log.error({ err: error }, "bug in control API");
        return { status: 500, body: { error: "internal error; see the log" } };
      })
      .then(({ status, body }) => {
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify(body));
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });
  await chmod(socketPath, 0o600);
  return { close: () => server.close() };
}

async function answer(request: http.IncomingMessage, options: ControlOptions): Promise<Answer> {
  const [, collection, id, part] = (request.url ?? "").split("/");
  const { guests, relay } = options;
  if (collection === "stats" && request.method === "GET") return { status: 200, body: relay.stats() };
  if (collection !== "guests") return { status: 404, body: { error: "no such resource" } };
  if (id === undefined && request.method === "GET")
    return { status: 200, body: { guests: guests.list().map(describe) } };
  if (id === undefined && request.method === "POST") return attach(await readJson(request), options);
  const sandboxId = parseSandboxId(id ?? "");
  if (sandboxId === undefined) return { status: 400, body: { error: "the sandbox must be a UUID" } };
  if (part === undefined && request.method === "DELETE") return detach(sandboxId, options);
  if (part === "ports" && request.method === "PUT")
    return reportPorts(sandboxId, await readJson(request), options);
  return { status: 404, body: { error: "no such resource" } };
}

async function attach(body: unknown, { guests, announcer }: ControlOptions): Promise<Answer> {
  const offer = guestOfferSchema.safeParse(body);
  if (!offer.success) return invalid(offer.error);
  let way: string;
  try {
    way = await findWay(offer.data);
  } catch (error) {
    if (!(error instanceof WayError)) throw error;
    return { status: 409, body: { error: error.message } };
  }
  const guest = await guests.attach(offer.data, Date.now());
  try {
    const known = await within(EDGE_WAIT_MS, announcer.announce(guest));
    return { status: known ? 201 : 202, body: { ...describe(guest), way, edgeKnows: known } };
  } catch (error) {
    if (!(error instanceof EdgeError)) throw error;
    if (guests.find(guest.sandboxId) === guest) await guests.detach(guest.sandboxId);
    return { status: 409, body: { error: error.message } };
  }
}

/** The guest is unreachable at once; the edge hears of it as soon as it can. */
async function detach(sandboxId: string, { guests, announcer, log }: ControlOptions): Promise<Answer> {
  const guest = await guests.detach(sandboxId);
  if (guest === undefined) return { status: 404, body: { error: "no such guest" } };
  const withdrawn = announcer.withdraw(guest);
  withdrawn.catch((error: unknown) => log.warn({ sandbox: sandboxId, err: error }, "guest not withdrawn"));
  return { status: 200, body: { ...describe(guest), edgeKnows: await within(EDGE_WAIT_MS, withdrawn) } };
}

function reportPorts(sandboxId: string, body: unknown, { guests }: ControlOptions): Answer {
  const report = portsSchema.safeParse(body);
  if (!report.success) return invalid(report.error);
  const guest = guests.find(sandboxId);
  if (guest === undefined) return { status: 404, body: { error: "no such guest" } };
  guest.reportPorts(report.data.ports);
  return { status: 200, body: describe(guest) };
}

function describe(guest: Guest): Record<string, unknown> {
  const { sandboxId, workspace, address, tap, namespace } = guest.record;
  const { generation, ports, agentFollowed } = guest;
  return { sandboxId, workspace, address, tap, namespace, generation, ports, agentFollowed };
}

function invalid(error: z.ZodError): Answer {
  return {
    status: 400,
    body: { error: error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`).join("; ") },
  };
}

/** @returns whether it finished in time */
async function within(ms: number, work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function readJson(request: http.IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > MAX_BODY_BYTES) return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * A socket file that nobody listens on is left over from a killed connector.
 *
 * @throws {Error} when another connector answers on it
 */
async function removeStaleSocket(path: string): Promise<void> {
  const alive = await new Promise<boolean>((resolve) => {
    const probe = net.connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
  if (alive) throw new Error(`another connector answers on ${path}`);
  await rm(path, { force: true });
}
