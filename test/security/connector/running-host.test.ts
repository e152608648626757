import { readdirSync, readFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type WebSocket from "ws";
import { readConfig } from "../../../connector/config.ts";
import { callControl } from "../../../connector/control/call-control.ts";
import { EdgeClient } from "../../../connector/edge/edge-client.ts";
import { readHostKey } from "../../../connector/edge/host-key.ts";
import { readInstance } from "../../../connector/state/read-instance.ts";
import { findFreePort } from "../../../dev/find-free-port.ts";
import { HEARTBEAT_INTERVAL_MS } from "../../../shared/protocol/host-api.ts";
import { ConnectorProcess } from "../../support/connector/connector-process.ts";
import type { GuestApp } from "../../support/guest-app.ts";
import { startGuestApp } from "../../support/guest-app.ts";
import { RunningSystem } from "../../support/running-system.ts";

const ADDRESS = "127.78.9.1";
const OTHER_ADDRESS = "127.78.9.2";
const PORT = 3000;

/** For what needs a heartbeat or two. */
const WAIT = { timeout: 2 * HEARTBEAT_INTERVAL_MS - 5_000, interval: 100 };

let apps: GuestApp[];
let system: RunningSystem;
/** Holds the connector's configuration and state. */
let directory: string;

beforeAll(async () => {
  apps = await Promise.all([ADDRESS, OTHER_ADDRESS].map((address) => startGuestApp(address, PORT, address)));
  system = await RunningSystem.start([{ host: ADDRESS, port: PORT }]);
  directory = dirname(system.controlSocket);
});

afterAll(async () => {
  await system?.stop();
  await Promise.all((apps ?? []).map((app) => app.close()));
});

async function visit(sandboxId: string): Promise<number> {
  const response = await system.visit(system.urlOf(sandboxId, PORT));
  await response.body?.cancel();
  return response.status;
}

function findGuest(sandboxId: string): Promise<Record<string, unknown> | undefined> {
  return callControl(system.controlSocket, "GET", "/guests").then((body) =>
    (body as { guests: Record<string, unknown>[] }).guests.find((guest) => guest.sandboxId === sandboxId),
  );
}

async function openSocket(sandboxId: string): Promise<WebSocket> {
  const socket = system.openWebSocket(`${system.urlOf(sandboxId, PORT)}/socket`);
  await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
  return socket;
}

async function echo(socket: WebSocket, text: string): Promise<string> {
  const response = new Promise<string>((resolve) => socket.once("message", (data) => resolve(String(data))));
  socket.send(text);
  return response;
}

describe("5.1: an attach that is refused", () => {
  test.each([
    ["by the edge, for another workspace", { workspace: "other" }, /refused attach with 40[34]/],
    ["by the connector, for an address", { address: "169.254.169.254" }, /link-local/],
    ["by the connector, for a tap", { tap: "no-such-tap" }, /is not routed over no-such-tap/],
  ])(
    "%s leaves the running guest, its connections and its file as they are",
    async (_by, change, message) => {
      const sandboxId = crypto.randomUUID();
      await system.attach(sandboxId, ADDRESS);
      const socket = await openSocket(sandboxId);
      const before = await findGuest(sandboxId);
      const file = join(directory, "guests", `${sandboxId}.json`);
      const record = await readFile(file, "utf8");
      await expect(system.attach(sandboxId, OTHER_ADDRESS, change)).rejects.toThrow(message);
      expect(await echo(socket, "still here")).toBe("still here");
      expect(await visit(sandboxId)).toBe(200);
      expect(await findGuest(sandboxId)).toEqual(before);
      expect(await readFile(file, "utf8")).toBe(record);
      socket.close();
      await system.detach(sandboxId);
    },
  );
});

test("5.6: no process shows a secret of the system in its arguments", async () => {
  const secrets = JSON.parse(await readFile(join(directory, "..", "secrets.json"), "utf8"));
  const { d: privateKey } = JSON.parse(secrets.passSigningKey);
  const { d: hostKey } = JSON.parse(await readFile(join(directory, "host-key.json"), "utf8"));
  const values = [secrets.linkSecret, privateKey, hostKey, secrets.adminToken, secrets.apiToken];
  expect(values.every((value) => typeof value === "string" && value.length > 20)).toBe(true);
  const commands = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(readCommand);
  expect(commands.some((command) => command.includes("dev/edge/main.ts"))).toBe(true);
  for (const command of commands) for (const value of values) expect(command).not.toContain(value);
});

/** Readable to every user of the machine. */
function readCommand(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

test("5.4: 30 re-attaches of a sandbox that is visited all the time cost no visitor a 404 or 421", async () => {
  const sandboxId = crypto.randomUUID();
  await system.attach(sandboxId, ADDRESS);
  const seen = new Map<number, number>();
  let ending = false;
  const visitors = Array.from({ length: 4 }, async () => {
    while (!ending) {
      const status = await visit(sandboxId);
      seen.set(status, (seen.get(status) ?? 0) + 1);
    }
  });
  for (let round = 0; round < 30; round++)
    await system.attach(sandboxId, round % 2 ? ADDRESS : OTHER_ADDRESS);
  ending = true;
  await Promise.all(visitors);
  expect(seen.get(200)).toBeGreaterThan(30);
  // 502: the request was open to a guest that has ended. 503: it met two generations that ended one after the other.
  expect([...seen.keys()].filter((status) => ![200, 502, 503].includes(status))).toEqual([]);
  await system.detach(sandboxId);
});

test("5.2: one wrong heartbeat ends every guest, which heals by itself within two heartbeats", async () => {
  const { sandboxId } = system.description;
  const before = await findGuest(sandboxId);
  const config = await readConfig(join(directory, "config.json"));
  const wrong = new EdgeClient({
    ...config,
    key: await readHostKey(config.keyFile),
    instance: await readInstance(directory),
  });
  await wrong.heartbeat([], Date.now());
  const startMs = performance.now();
  expect(await visit(sandboxId)).toBe(404);
  await vi.waitFor(async () => expect(await visit(sandboxId)).toBe(200), WAIT);
  expect(performance.now() - startMs).toBeLessThan(2 * HEARTBEAT_INTERVAL_MS);
  const after = await findGuest(sandboxId);
  expect(after).toEqual({ ...before, generation: expect.any(String) });
  expect(after?.generation).not.toBe(before?.generation);
});

describe("5.2: another connector with the host's id and key", () => {
  /** The configuration of a connector beside the system's own, with a state of its own. */
  async function writeConfig(name: string): Promise<string> {
    const config = JSON.parse(await readFile(join(directory, "config.json"), "utf8"));
    const stateDirectory = join(directory, name);
    await mkdir(stateDirectory, { recursive: true });
    const file = join(stateDirectory, "config.json");
    const changes = {
      stateDirectory,
      controlSocket: join(stateDirectory, "control.sock"),
      listen: { ...config.listen, port: await findFreePort() },
    };
    await writeFile(file, JSON.stringify({ ...config, ...changes }));
    return file;
  }

  test("is refused clearly for 4 s beside the first one, which is unharmed", async () => {
    const { sandboxId } = system.description;
    const before = await findGuest(sandboxId);
    await using second = new ConnectorProcess(await writeConfig("second"));
    await vi.waitFor(() => expect(second.log).toMatch(/heartbeat failed/), WAIT);
    const untilMs = performance.now() + 4_000;
    while (performance.now() < untilMs) {
      expect(await visit(sandboxId)).toBe(200);
      await setTimeout(100);
    }
    expect(second.log).toMatch(/Another connector of this host was heard \d+ s ago/);
    await second.kill();
    expect(await findGuest(sandboxId)).toEqual(before);
    expect(await visit(sandboxId)).toBe(200);
  });

  test("that takes over is accepted, and from then on the first one is refused, and says so", async () => {
    await using second = new ConnectorProcess(await writeConfig("successor"), "--take-over");
    await vi.waitFor(async () => expect(await visit(system.description.sandboxId)).toBe(404), WAIT);
    expect(second.log).not.toMatch(/heartbeat failed/);
    await vi.waitFor(async () => {
      const status = await callControl(system.controlSocket, "GET", "/status");
      expect(status).toMatchObject({
        edge: { failure: expect.stringMatching(/Another connector of this host/) },
      });
    }, WAIT);
  });
});
