import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import * as http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CapturedExchange } from "../../../../../connector/capture/captured-exchange.ts";
import { createRequestId } from "../../../../../connector/capture/create-request-id.ts";
import { callControl } from "../../../../../connector/control/call-control.ts";
import type { JsonServer } from "../../../../../connector/control/serve-json.ts";
import type { HostCallOptions } from "../../../../../connector/host-calls/create-host-call-server.ts";
import { createHostCallServer } from "../../../../../connector/host-calls/create-host-call-server.ts";
import { PortStreams } from "../../../../../connector/host-calls/ports/port-streams.ts";
import type { LoggedGuest } from "../../../../../connector/host-calls/requests/request-streams.ts";
import { MAX_REQUEST_STREAMS_PER_SANDBOX } from "../../../../../connector/host-calls/requests/request-streams.ts";
import { MAX_REPLAY_FIELDS } from "../../../../../shared/protocol/request-log.ts";
import { refuse } from "../../../../../shared/refusal/refusal.ts";
import { createAccounts } from "../../../../support/connector/request-accounts.ts";

const ID = "0f4bb8a1-3c2d-0e5f-0a9b-0c1d2e3f4a5b";
const OTHER = "1f4bb8a1-3c2d-0e5f-0a9b-0c1d2e3f4a5b";
const TOKEN = "abcdefghijklmnopqrstuvwxyz234567".repeat(2).slice(0, 63);
const SECRET = "hunter2";

let directory: string;
let socketPath: string;
let server: JsonServer;
let accounts: Pick<HostCallOptions, "requests" | "usage">;
const guests = new Map<string, LoggedGuest>();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "request-calls-"));
  socketPath = join(directory, "host-calls.sock");
  for (const sandboxId of [ID, OTHER])
    guests.set(sandboxId, {
      sandboxId,
      workspace: "ws",
      findUpstream: () => refuse("port_reserved"),
    } as LoggedGuest);
  const found = { find: (id: string) => guests.get(id) };
  accounts = createAccounts(found);
  server = await createHostCallServer({
    place: socketPath,
    launch: undefined,
    ports: { guests: found as never, streams: new PortStreams() },
    ...accounts,
    relays: { revoke: () => 0, changeAccess: () => 0 },
    instance: "instance-of-this-test",
    log: pino({ level: "silent" }),
  });
});

afterEach(async () => {
  accounts.requests.streams.close();
  server.close();
  await rm(directory, { recursive: true });
});

function keep(sandboxId: string, facts: Partial<CapturedExchange> = {}): CapturedExchange {
  const body = { kept: "", total: 0, chunked: false, captured: true };
  const exchange: CapturedExchange = {
    id: createRequestId(Date.now()),
    atMs: Date.now(),
    port: 3000,
    requestHead: `GET /a?t=${TOKEN}&u=https%3A%2F%2F${TOKEN}.preview HTTP/1.1\r\nHost: a\r\ncookie: ${SECRET}\r\nReferer: https://${TOKEN}.preview/\r\nX-Key: ${SECRET}\r\n\r\n`,
    requestBody: body,
    responseHead: `HTTP/1.1 200 OK\r\nSet-Cookie: ${SECRET}\r\nset-cookie: ${SECRET}\r\nLocation: /${TOKEN}\r\n\r\n`,
    responseBody: { ...body, kept: TOKEN, total: TOKEN.length },
    status: 200,
    refused: undefined,
    outcome: "answered",
    link: undefined,
    replayOf: undefined,
    isWebSocket: false,
    framesSent: 0,
    framesReceived: 0,
    edgeMs: 1,
    sentMs: 1,
    respondedMs: 1,
    endedMs: 1,
    ...facts,
  };
  const guest = guests.get(sandboxId);
  if (guest !== undefined) accounts.requests.logs.put(guest, exchange);
  return exchange;
}

function call(method: string, path: string, body?: unknown, sandboxId = ID): Promise<unknown> {
  return callControl(socketPath, method, `/guests/${sandboxId}/${path}`, body);
}

/** Opens a stream; `text` is what has come so far. */
async function openStream(query = "", sandboxId = ID) {
  const request = http.get({ socketPath, path: `/guests/${sandboxId}/request-events${query}` });
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const stream = { status: response.statusCode, text: "", ended: once(response, "end") };
  response.setEncoding("utf8").on("data", (text: string) => {
    stream.text += text;
  });
  return stream;
}

describe("respondAboutRequests()", () => {
  test("masks tokens, cookies and what the edge lists, in lists, details and streams", async () => {
    const stream = await openStream();
    const { id } = keep(ID);
    await expect.poll(() => stream.text).toContain(id);
    const list = await call("POST", "requests", { limit: 10 });
    const shown = await call("POST", "request", { request: id, masks: [{ port: 3000, names: ["X-KEY"] }] });
    const text = stream.text + JSON.stringify([list, shown]);
    expect(text).toContain("/a?t=***&u=https%3A%2F%2F***.preview");
    expect(text).not.toContain(TOKEN);
    expect(text).not.toContain(SECRET);
    expect(shown).toMatchObject({ request: { masked: ["cookie", "x-key", "set-cookie"] } });
  });

  test("shows nothing of another guest: its ids, its stream, its end", async () => {
    const stream = await openStream();
    const { id } = keep(OTHER);
    expect(await call("POST", "requests", { limit: 10 })).toEqual({ requests: [], more: false });
    for (const [path, body] of [
      ["request", { request: id }],
      ["replays", { request: id, overrides: {} }],
    ] as const)
      expect(await call("POST", path, body)).toEqual({ refusal: { code: "not_found" } });
    const own = keep(ID);
    await expect.poll(() => stream.text).toContain(own.id);
    expect(stream.text).not.toContain(id);
    expect(await call("DELETE", "requests")).toEqual({});
    expect(await call("POST", "requests", { limit: 10 }, OTHER)).toMatchObject({ requests: [{ id }] });
  });

  test("ends the streams of a sandbox that is suspended, and no other's", async () => {
    const [suspended, other] = [await openStream(), await openStream("", OTHER)];
    await callControl(socketPath, "POST", "/revocations", { sandbox_id: ID, links: ["a"] });
    const { id } = keep(ID);
    await expect.poll(() => suspended.text).toContain(id);
    await callControl(socketPath, "POST", "/revocations", { sandbox_id: ID, all: true });
    await suspended.ended;
    const later = keep(OTHER);
    await expect.poll(() => other.text).toContain(later.id);
  });

  test("has so many streams of a sandbox, and names only the port that was asked for", async () => {
    const streams: Awaited<ReturnType<typeof openStream>>[] = [];
    for (let count = 0; count < MAX_REQUEST_STREAMS_PER_SANDBOX; count++)
      streams.push(await openStream(count === 0 ? "?port=4000" : ""));
    expect((await openStream()).status).toBe(503);
    const first = keep(ID);
    const second = keep(ID, { port: 4000 });
    await expect.poll(() => streams[0]?.text).toContain(second.id);
    expect(streams[0]?.text).not.toContain(first.id);
    expect(streams[1]?.text).toContain(first.id);
  });

  test.each([
    ["requests", {}],
    ["requests", { limit: 201 }],
    ["requests", { limit: 1, before: "../x" }],
    ["request", {}],
    ["request", { request: "mhw1a2b3c0001", masks: [{ port: 0, names: [] }] }],
    ["replays", { request: "mhw1a2b3c0001" }],
    ["replays", { request: "mhw1a2b3c0001", overrides: { unknown: 1 } }],
    ["replays", { request: "mhw1a2b3c0001", overrides: {}, scheme: "ftp" }],
  ])("refuses POST …/%s with %j", async (path, body) => {
    await expect(call("POST", path, body)).rejects.toMatchObject({ status: 400 });
  });

  test("has no guest that is not attached, and no other resource", async () => {
    for (const [method, path, sandboxId] of [
      ["POST", "requests", crypto.randomUUID()],
      ["POST", "replays", ".."],
      ["PUT", "requests", ID],
      ["GET", "requests/events", ID],
    ] as const)
      await expect(call(method, path, undefined, sandboxId)).rejects.toMatchObject({ status: 404 });
  });

  test("takes the largest replay that the API takes", async () => {
    const { id } = keep(ID);
    const headers: Record<string, string> = {};
    for (let index = 0; index < MAX_REPLAY_FIELDS; index++) headers[`x-${index}`] = "\u0001".repeat(150);
    const overrides = { path: `/${"a".repeat(16_383)}`, headers, body: "\u0001".repeat(65_536) };
    const names = Array.from({ length: 32 }, (_, index) => `${index}`.padEnd(64, "x"));
    const answer = await call("POST", "replays", { request: id, masks: [{ port: 3000, names }], overrides });
    expect(answer).toMatchObject({ refusal: { code: "request_invalid", errors: expect.any(Array) } });
  });
});
