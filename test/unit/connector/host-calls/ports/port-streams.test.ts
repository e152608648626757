import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  MAX_PORT_STREAMS,
  MAX_PORT_STREAMS_PER_SANDBOX,
  PortStreams,
} from "../../../../../connector/host-calls/ports/port-streams.ts";
import type { StreamedGuest } from "../../../../../connector/host-calls/ports/streamed-guest.ts";
import { revokeLinks } from "../../../../../connector/host-calls/revoke-links.ts";
import { MAX_PORT_STREAM_MS, PORT_PING_MS } from "../../../../../shared/protocol/port-events.ts";
import { refuse } from "../../../../../shared/refusal/refusal.ts";

/** A guest without a server: the ports are those that a test sets. */
class ListedGuest implements StreamedGuest {
  readonly sandboxId = crypto.randomUUID();
  readonly workspace: string;
  ports: number[] = [];
  agentFollowed = true;
  dials: number[] = [];

  constructor(workspace: string = crypto.randomUUID()) {
    this.workspace = workspace;
  }

  findUpstream(port: number) {
    const dial = async () => {
      this.dials.push(port);
      return refuse("port_closed");
    };
    return { guest: this, port, headerPolicy: "local" as const, dial };
  }
}

let streams: PortStreams;
let server: http.Server;
let origin: string;
let guest: ListedGuest;
let opened: http.ServerResponse[];

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "setInterval", "clearTimeout", "clearInterval"] });
  streams = new PortStreams();
  guest = new ListedGuest();
  opened = [];
  server = http.createServer((request, response) => {
    const dialled = new URL(request.url ?? "", "http://host").searchParams.get("dial");
    opened.push(response);
    streams.open(guest, dialled === null ? undefined : Number(dialled), response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  vi.useRealTimers();
  server.closeAllConnections();
  server.close();
});

/** Reads until the text ends with `end`. */
async function readUntil(reader: ReadableStreamDefaultReader<string>, end: string): Promise<string> {
  let text = "";
  while (!text.endsWith(end)) {
    const { value, done } = await reader.read();
    if (done) return `${text}END`;
    text += value;
  }
  return text;
}

async function watch(query = ""): Promise<ReadableStreamDefaultReader<string>> {
  const response = await fetch(`${origin}/${query}`);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  return (response.body as ReadableStream<Uint8Array<ArrayBuffer>>)
    .pipeThrough(new TextDecoderStream())
    .getReader();
}

const READY = "event: ready\ndata: {}\n\n";
const event = (port: number, open: boolean): string =>
  `event: port\ndata: {"port":${port},"open":${open}}\n\n`;

describe("PortStreams", () => {
  test("begins with the open ports, then sends each change once", async () => {
    guest.ports = [3000];
    const reader = await watch();
    expect(await readUntil(reader, READY)).toBe(event(3000, true) + READY);
    guest.ports = [5173];
    streams.report(guest);
    streams.report(guest);
    guest.ports = [5173, 9229];
    streams.report(guest);
    expect(await readUntil(reader, event(9229, true))).toBe(
      event(3000, false) + event(5173, true) + event(9229, true),
    );
  });

  test("sends a comment in silence, and ends after its time", async () => {
    const reader = await watch();
    await readUntil(reader, READY);
    vi.advanceTimersByTime(PORT_PING_MS);
    expect(await readUntil(reader, "\n\n")).toBe(": ping\n\n");
    vi.advanceTimersByTime(MAX_PORT_STREAM_MS);
    expect(await readUntil(reader, "never")).toMatch(/END$/);
  });

  test("ends a guest's streams with the guest, and leaves nothing behind", async () => {
    const reader = await watch();
    await readUntil(reader, READY);
    const closed = once(opened[0] as http.ServerResponse, "close");
    streams.end(guest);
    expect(await readUntil(reader, "never")).toBe("END");
    await closed;
    expect(vi.getTimerCount()).toBe(0);
    expect(streams.hasRoom(guest)).toBe(true);
  });

  test("ends the stream of a reader that reads nothing", async () => {
    const request = http.get(origin);
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    response.pause();
    const closed = new Promise((resolve) => response.once("close", resolve));
    response.on("error", () => {});
    // The kernel's buffers take several MB before anything is unread here.
    for (let change = 0; !opened[0]?.destroyed && change < 100_000; change += 1) {
      guest.ports = Array.from({ length: 32 }, (_, index) => 1000 + index + (change % 2) * 100);
      streams.report(guest);
    }
    expect(opened[0]?.destroyed).toBe(true);
    response.resume();
    await closed;
  });

  test("dials a port that is waited for until it is open, where no agent reports", async () => {
    guest.agentFollowed = false;
    const reader = await watch("?dial=3000");
    await readUntil(reader, READY);
    await vi.advanceTimersByTimeAsync(1000);
    expect(guest.dials).toEqual([3000, 3000, 3000]);
    guest.ports = [3000];
    streams.report(guest);
    await vi.advanceTimersByTimeAsync(5000);
    expect(guest.dials).toHaveLength(3);
  });

  test("dials nothing while an agent reports", async () => {
    await readUntil(await watch("?dial=3000"), READY);
    await vi.advanceTimersByTimeAsync(5000);
    expect(guest.dials).toEqual([]);
  });

  test(`has room for ${MAX_PORT_STREAMS_PER_SANDBOX} streams of a sandbox and ${MAX_PORT_STREAMS} of a host`, async () => {
    const guests = Array.from(
      { length: MAX_PORT_STREAMS / MAX_PORT_STREAMS_PER_SANDBOX },
      () => new ListedGuest(),
    );
    for (const each of guests) {
      guest = each;
      for (let count = 0; count < MAX_PORT_STREAMS_PER_SANDBOX; count += 1) {
        expect(streams.hasRoom(each)).toBe(true);
        await readUntil(await watch(), READY);
      }
      expect(streams.hasRoom(each)).toBe(false);
    }
    expect(streams.hasRoom(new ListedGuest())).toBe(false);
    const closed = Promise.all(opened.map((response) => once(response, "close")));
    streams.close();
    await closed;
    expect(streams.hasRoom(new ListedGuest())).toBe(true);
  });

  test("ends where its sandbox is suspended, and not where a link is revoked", async () => {
    const relays = { revoke: () => 0 };
    const ports = [{ guests: { find: () => guest }, streams }];
    const reader = await watch();
    await readUntil(reader, READY);
    await revokeLinks({ sandbox_id: guest.sandboxId, links: ["a"] }, relays, ports);
    guest.ports = [3000];
    streams.report(guest);
    expect(await readUntil(reader, "\n\n")).toContain("3000");
    expect((await revokeLinks({ sandbox_id: guest.sandboxId, all: true }, relays, ports)).status).toBe(200);
    expect(await readUntil(reader, "END")).toBe("END");
  });

  test("leaves a workspace a quarter of a host's streams once half of them are open", async () => {
    const guests = Array.from({ length: 5 }, () => new ListedGuest("greedy"));
    for (const each of guests.slice(0, 4)) {
      guest = each;
      for (let count = 0; count < MAX_PORT_STREAMS_PER_SANDBOX; count += 1)
        await readUntil(await watch(), READY);
    }
    expect(streams.hasRoom(guests[4]!)).toBe(false);
    expect(streams.hasRoom(new ListedGuest("other"))).toBe(true);
  });
});
