import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { GuestApp } from "../support/guest-app.ts";
import { startGuestApp } from "../support/guest-app.ts";
import { RunningSystem } from "../support/running-system.ts";

const SUSPENDED_WITHIN_MS = 5_000;

let guest: GuestApp;
let system: RunningSystem;

beforeAll(async () => {
  guest = await startGuestApp("127.78.6.7", 3000);
  system = await RunningSystem.start([guest]);
});

afterAll(async () => {
  await system?.stop();
  await guest?.close();
});

const change = (method: string, path: string, body?: object) =>
  system.callApi(method, `/v1/admin/suspensions/${path}`, body, system.description.adminToken);

interface OpenConnections {
  /** When the WebSocket and the event stream have ended, unix milliseconds. */
  readonly ended: Promise<number[]>;
}

async function open(url: string): Promise<OpenConnections> {
  const socket = system.openWebSocket(`${url}/socket`);
  socket.on("error", () => {});
  await once(socket, "open");
  const stream = await system.visit(`${url}/events`);
  expect(stream.status).toBe(200);
  const now = (): number => Date.now();
  return { ended: Promise.all([once(socket, "close").then(now), stream.text().then(now, now)]) };
}

async function untilStatus(url: string, status: number): Promise<string | null> {
  for (;;) {
    const response = await system.visit(url);
    await response.text();
    if (response.status === status) return response.headers.get("preview-error");
    await new Promise((next) => setTimeout(next, 20));
  }
}

test.each(["sandboxes", "workspaces", "orgs"] as const)(
  "3.3 a suspension of %s cuts what is open by the public hostname and by a link, and ends without a trace",
  async (kind) => {
    const { previewUrl, link, sandboxId, workspace, org } = system.description;
    const path = `${kind}/${{ sandboxes: sandboxId, workspaces: workspace, orgs: org }[kind]}`;
    const publicUrl = previewUrl.replace(/\/$/, "");
    const connections = [await open(publicUrl), await open(link.url)];
    const sinceMs = Date.now();
    expect((await change("PUT", path, { reason: "phishing" })).status).toBe(200);
    const ended = (await Promise.all(connections.map((each) => each.ended))).flat();
    expect(Math.max(...ended) - sinceMs).toBeLessThan(SUSPENDED_WITHIN_MS);
    for (const url of [publicUrl, link.url]) expect(await untilStatus(url, 403)).toBe("suspended");
    expect(Date.now() - sinceMs).toBeLessThan(SUSPENDED_WITHIN_MS);
    expect((await change("DELETE", path)).status).toBe(204);
    const liftedMs = Date.now();
    for (const url of [publicUrl, link.url]) await untilStatus(url, 200);
    expect(Date.now() - liftedMs, "an isolate repeats a refusal for 5 s at most").toBeLessThan(6_000);
  },
);
