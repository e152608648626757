import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { GuestApp } from "../../support/guest-app.ts";
import { startGuestApp } from "../../support/guest-app.ts";
import { RunningSystem } from "../../support/running-system.ts";

const CUT_WITHIN_MS = 5_000;

let guest: GuestApp;
let system: RunningSystem;

beforeAll(async () => {
  guest = await startGuestApp("127.78.9.1", 3000);
  system = await RunningSystem.start([guest]);
});

afterAll(async () => {
  await system?.stop();
  await guest?.close();
});

function setPort(body: unknown, port = 3000) {
  return system.callApi("PUT", `/v1/sandboxes/${system.description.sandboxId}/ports/${port}`, body);
}

/** Opens a WebSocket and an event stream. @returns their ends, unix milliseconds */
async function open(url: string) {
  const socket = system.openWebSocket(`${url}/socket`);
  socket.on("error", () => {});
  await once(socket, "open");
  const stream = await system.visit(`${url}/events`);
  expect(stream.status).toBe(200);
  const now = () => Date.now();
  const ended = Promise.all([once(socket, "close").then(now), stream.text().then(now, now)]);
  return { socket, ended };
}

async function codeOf(url: string, headers: Record<string, string> = {}): Promise<[number, string | null]> {
  const response = await system.visit(url, { headers });
  await response.text();
  return [response.status, response.headers.get("preview-error")];
}

test("a change to private cuts what is open by the public hostname within 5 s, and off cuts links, too", async () => {
  const { previewUrl, link } = system.description;
  const byName = await open(previewUrl);
  const byLink = await open(link.url);
  const privateMs = Date.now();
  expect((await setPort({ access: "private" })).status).toBe(200);
  for (const endedMs of await byName.ended) expect(endedMs - privateMs).toBeLessThan(CUT_WITHIN_MS);
  expect(await codeOf(previewUrl)).toEqual([404, "sandbox_not_found"]);
  expect(byLink.socket.readyState).toBe(byLink.socket.OPEN);

  const offMs = Date.now();
  expect((await setPort({ access: "off" })).status).toBe(200);
  for (const endedMs of await byLink.ended) expect(endedMs - offMs).toBeLessThan(CUT_WITHIN_MS);
  expect(await codeOf(link.url)).toEqual([403, "port_off"]);

  expect((await setPort({ access: "public" })).status).toBe(200);
  expect(await codeOf(previewUrl), "at once: the host has forgotten that it was private").toEqual([
    200,
    null,
  ]);
});

test("a WebSocket opens a private port by a token among its subprotocols, which is selected", async () => {
  const { previewUrl, link } = system.description;
  expect((await setPort({ access: "private" })).status).toBe(200);
  const protocol = `preview-token.${link.token}`;
  const socket = system.openWebSocket(`${previewUrl}/socket`, [protocol]);
  await once(socket, "open");
  expect(socket.protocol).toBe(protocol);
  socket.close();
  const refused = system.openWebSocket(`${previewUrl}/socket`, ["preview-token.junk"]);
  const [error] = (await once(refused, "error")) as [Error];
  expect(error.message).toContain("403");
  expect(await codeOf(previewUrl, { "preview-token": link.token })).toEqual([200, null]);
  expect((await setPort({ access: "public" })).status).toBe(200);
});

test("the public policy shows the app its public name, by the port's settings", async () => {
  const { previewUrl } = system.description;
  const hostSeen = async () => {
    await (await system.visit(previewUrl)).text();
    return guest.seen.at(-1)?.headers.host;
  };
  expect(await hostSeen()).toBe("localhost:3000");
  await setPort({ host_policy: "public" });
  await expect.poll(hostSeen, { timeout: CUT_WITHIN_MS }).toBe(new URL(previewUrl).host);
  await system.callApi("DELETE", `/v1/sandboxes/${system.description.sandboxId}/ports/3000`);
});
