import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Sandbox } from "../../../sdk/typescript/src/index.ts";
import {
  Client,
  InvalidRequestError,
  NotFoundError,
  PortClosedError,
  UnauthorizedError,
} from "../../../sdk/typescript/src/index.ts";
import { RunningSystem } from "../../support/running-system.ts";
import { LoopbackLauncher, WEB_PORT } from "../../support/sdk/loopback-launcher.ts";

let launcher: LoopbackLauncher;
let system: RunningSystem;
let client: Client;
let sandbox: Sandbox;

beforeAll(async () => {
  launcher = await LoopbackLauncher.start("127.90");
  system = await RunningSystem.start([{ host: "127.90.250.1", port: 9 }], {
    launcherSocket: launcher.socketPath,
  });
  const { api, apiToken } = system.description;
  client = new Client({ apiUrl: api, token: apiToken });
});

afterAll(async () => {
  await system?.stop();
  await launcher?.[Symbol.asyncDispose]();
});

async function read(url: string): Promise<string> {
  return (await system.visit(url)).text();
}

// In the order of a sandbox's life.
describe("the TypeScript SDK with the whole system", () => {
  test("Sandbox.create() starts a sandbox whose previewUrl() can be opened at once", async () => {
    sandbox = await client.sandboxes.create({ template: "web" });
    expect(sandbox).toMatchObject({ template: "web", status: "running" });
    expect(await read(`${sandbox.previewUrl(WEB_PORT)}/a`)).toBe(`${WEB_PORT} /a`);
    expect(new URL((await sandbox.getPortEndpoint({ port: 80, protocol: "ws" })).url).protocol).toBe("ws:");
  });

  test("get() and list() show it, with its preview URLs", async () => {
    expect((await client.sandboxes.get(sandbox.id)).info).toEqual(sandbox.info);
    const ids = (await client.sandboxes.list({ limit: 1 })).map(({ id }) => id);
    expect(ids).toContain(sandbox.id);
    expect(ids, "more than one page").toHaveLength(2);
    expect(await sandbox.previewUrls()).toEqual({ [WEB_PORT]: sandbox.previewUrl(WEB_PORT) });
  });

  test("signedPreviewUrl() mints a link that opens its paths, until revokePreviewUrl()", async () => {
    const members = { paths: ["/docs"], embed: ["https://app.example.org"] };
    const link = await sandbox.signedPreviewUrl(WEB_PORT, 60, { ...members, verify: true });
    expect(link).toMatchObject({ sandbox_id: sandbox.id, port: WEB_PORT, ...members });
    expect(Date.parse(link.expires_at)).toBeGreaterThan(Date.now());
    expect(await read(`${link.url}/docs/b`)).toBe(`${WEB_PORT} /docs/b`);
    expect((await system.visit(`${link.url}/other`)).status).toBe(403);
    await sandbox.revokePreviewUrl(link.token);
    await expect.poll(async () => (await system.visit(`${link.url}/docs/b`)).status).toBe(403);
    await sandbox.revokePreviewUrl(link.token);
  });

  test("verify refuses a port on which no server listens, and names those that are open", async () => {
    const minted = sandbox.signedPreviewUrl(4000, 60, { verify: true });
    await expect(minted).rejects.toMatchObject({ name: "PortClosedError", openPorts: [WEB_PORT] });
    await expect(minted).rejects.toBeInstanceOf(PortClosedError);
  });

  test("setPortAccess() closes the public URL, and leaves links open unless it is off", async () => {
    const link = await sandbox.signedPreviewUrl(WEB_PORT, 60);
    const statusOf = async (url: string): Promise<number> => (await system.visit(url)).status;
    await sandbox.setPortAccess(WEB_PORT, "private");
    await expect.poll(() => statusOf(sandbox.previewUrl(WEB_PORT))).toBe(404);
    expect(await statusOf(link.url)).toBe(200);
    await sandbox.setPortAccess(WEB_PORT, "off");
    await expect.poll(() => statusOf(link.url)).toBeGreaterThanOrEqual(400);
    await sandbox.setPortAccess(WEB_PORT, "public");
    await expect.poll(() => statusOf(sandbox.previewUrl(WEB_PORT))).toBe(200);
  });

  test("waitForPort() and watchPorts() see a server start", async () => {
    const abort = new AbortController();
    const seen: unknown[] = [];
    const watching = (async () => {
      for await (const change of sandbox.watchPorts({ signal: abort.signal })) seen.push(change);
    })();
    await expect.poll(() => seen).toEqual([{ port: WEB_PORT, open: true }]);
    const waiting = sandbox.waitForPort(5173);
    await launcher.listen(sandbox.id, 5173);
    await waiting;
    await expect.poll(() => seen).toContainEqual({ port: 5173, open: true });
    await sandbox.waitForPort(5173);
    abort.abort(new Error("enough"));
    await expect(watching).rejects.toThrow("enough");
  });

  test("waitForPort() ends after its time with the open ports", async () => {
    await expect(sandbox.waitForPort(4000, { timeoutMs: 1_000 })).rejects.toMatchObject({
      name: "PortTimeoutError",
      openPorts: [WEB_PORT, 5173],
    });
  });

  test("each refusal of the API is an error of its class", async () => {
    const { api } = system.description;
    const stranger = new Client({ apiUrl: api, token: `pvw_${"x".repeat(40)}` });
    await expect(stranger.sandboxes.get(sandbox.id)).rejects.toBeInstanceOf(UnauthorizedError);
    await expect(client.sandboxes.get(crypto.randomUUID())).rejects.toBeInstanceOf(NotFoundError);
    await expect(sandbox.signedPreviewUrl(80, 60, { paths: ["docs"] })).rejects.toMatchObject({
      name: "InvalidRequestError",
      errors: [{ path: "/paths/0" }],
    });
    await expect(client.sandboxes.create({ template: "unknown" })).rejects.toBeInstanceOf(
      InvalidRequestError,
    );
  });

  test("kill() ends the sandbox, and its streams", async () => {
    const watching = (async () => {
      for await (const change of sandbox.watchPorts()) if (change.port === WEB_PORT) await sandbox.kill();
    })();
    await expect(watching).rejects.toBeInstanceOf(NotFoundError);
    await sandbox.kill();
    expect((await system.visit(sandbox.previewUrl(WEB_PORT))).status).toBe(404);
    expect(launcher.addresses.has(sandbox.id)).toBe(false);
  });
});
