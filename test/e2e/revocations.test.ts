import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import type WebSocket from "ws";
import type { GuestApp } from "../support/guest-app.ts";
import { startGuestApp } from "../support/guest-app.ts";
import { RunningSystem } from "../support/running-system.ts";

const LINKS = 8;
/** A lease ends after 1 s; the rest allows for a busy machine. */
const REVOKED_WITHIN_MS = 5_000;
const EXPIRED_WITHIN_MS = 1_000;

let guest: GuestApp;
let system: RunningSystem;

beforeAll(async () => {
  guest = await startGuestApp("127.78.6.1", 3000);
  system = await RunningSystem.start([guest]);
});

afterAll(async () => {
  await system?.stop();
  await guest?.close();
});

interface Link {
  readonly url: string;
  readonly token: string;
  readonly expires_at: string;
}

/** A link with a WebSocket and an event stream open under it. */
interface UsedLink extends Link {
  /** When each ended, unix milliseconds. */
  readonly ended: Promise<[socketMs: number, streamMs: number]>;
  readonly socket: WebSocket;
}

async function mint(ttlSeconds = 600): Promise<Link> {
  const { sandboxId } = system.description;
  const body = { port: 3000, ttl_seconds: ttlSeconds };
  return (await (
    await system.callApi("POST", `/v1/sandboxes/${sandboxId}/preview-token`, body)
  ).json()) as Link;
}

async function use(link: Link): Promise<UsedLink> {
  const socket = system.openWebSocket(`${link.url}/socket`);
  socket.on("error", () => {});
  await once(socket, "open");
  const stream = await system.visit(`${link.url}/events`);
  expect(stream.status).toBe(200);
  const socketEnded = once(socket, "close").then(() => Date.now());
  const streamEnded = stream.text().then(
    () => Date.now(),
    () => Date.now(),
  );
  return { ...link, socket, ended: Promise.all([socketEnded, streamEnded]) };
}

async function useMany(ttlSeconds?: number): Promise<UsedLink[]> {
  const links: UsedLink[] = [];
  for (let count = 0; count < LINKS; count++) links.push(await use(await mint(ttlSeconds)));
  return links;
}

/** @returns the time until a new request is refused, and the code of the refusal */
async function refusalOf(url: string, sinceMs: number): Promise<{ afterMs: number; code: string | null }> {
  for (;;) {
    const response = await system.visit(url);
    const code = response.headers.get("preview-error");
    await response.text();
    if (response.status === 403) return { afterMs: Date.now() - sinceMs, code };
    expect(response.status).toBe(200);
    await new Promise((next) => setTimeout(next, 20));
  }
}

function report(what: string, delaysMs: readonly number[]): void {
  const sorted = delaysMs.toSorted((left, right) => left - right);
  const middle = sorted[Math.floor(sorted.length / 2)];
  console.log(
    `${what}: ${sorted[0]} / ${middle} / ${sorted.at(-1)} ms (least, median, most of ${sorted.length})`,
  );
}

test("a revoked link is refused and its open connections are cut, and no other link's", async () => {
  const links = await useMany();
  const kept = await use(await mint());
  const cuts: number[] = [];
  const refusals: number[] = [];
  for (const { url, token, ended } of links) {
    const sinceMs = Date.now();
    const path = `/v1/sandboxes/${system.description.sandboxId}/preview-tokens/${token}`;
    expect((await system.callApi("DELETE", path)).status).toBe(204);
    const { afterMs, code } = await refusalOf(url, sinceMs);
    expect(code).toBe("link_revoked");
    refusals.push(afterMs);
    for (const endedMs of await ended) cuts.push(endedMs - sinceMs);
  }
  report("revoked: connections cut after", cuts);
  report("revoked: new requests refused after", refusals);
  expect(Math.max(...cuts, ...refusals)).toBeLessThan(REVOKED_WITHIN_MS);
  expect(kept.socket.readyState).toBe(kept.socket.OPEN);
  kept.socket.close();
});

test("cut keys end every link and its open connections, and leave the public URL's open", async () => {
  const links = await useMany();
  const open = system.openWebSocket(`${system.description.previewUrl}/socket`);
  await once(open, "open");
  const sinceMs = Date.now();
  const path = `/v1/workspaces/${system.description.workspace}/signing-key/rotate`;
  expect((await system.callApi("POST", path, { cut_previous: true })).status).toBe(200);
  const ended = (await Promise.all(links.map((link) => link.ended))).flat();
  const refusals = await Promise.all(links.map(({ url }) => refusalOf(url, sinceMs)));
  report(
    "keys cut: connections cut after",
    ended.map((endedMs) => endedMs - sinceMs),
  );
  report(
    "keys cut: new requests refused after",
    refusals.map(({ afterMs }) => afterMs),
  );
  expect(Math.max(...ended) - sinceMs).toBeLessThan(REVOKED_WITHIN_MS);
  expect(Math.max(...refusals.map(({ afterMs }) => afterMs))).toBeLessThan(REVOKED_WITHIN_MS);
  expect(open.readyState).toBe(open.OPEN);
  open.close();
});

test("a link's end closes its open connections to within a second", async () => {
  const links = await useMany(3);
  const delays: number[] = [];
  for (const { expires_at, ended } of links) {
    for (const endedMs of await ended) delays.push(endedMs - Date.parse(expires_at));
  }
  report("expired: connections cut after", delays);
  expect(Math.max(...delays)).toBeLessThan(EXPIRED_WITHIN_MS);
  expect(Math.min(...delays)).toBeGreaterThan(-EXPIRED_WITHIN_MS);
});

test("an org's new limit applies to its sandboxes within five seconds", async () => {
  const { org, adminToken, previewUrl } = system.description;
  const delays: number[] = [];
  for (let round = 0; round < 4; round++) {
    const limit = (per_second: number, burst: number) =>
      system.callApi("PUT", `/v1/orgs/${org}/rate-limit`, { per_second, burst }, adminToken);
    expect((await limit(5_000, 10_000)).status).toBe(200);
    await expect.poll(async () => (await system.visit(previewUrl)).status, { timeout: 10_000 }).toBe(200);
    const sinceMs = Date.now();
    expect((await limit(0.1, 1)).status).toBe(200);
    while ((await system.visit(previewUrl)).status === 200);
    delays.push(Date.now() - sinceMs);
  }
  report("limit lowered: refused after", delays);
  expect(Math.max(...delays)).toBeLessThan(REVOKED_WITHIN_MS);
});
