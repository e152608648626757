import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { callControl } from "../../connector/control/call-control.ts";
import { Lab } from "../../lab/lab.ts";
import type { Machine } from "../../lab/machine/machine.ts";
import { MAX_PORTS_PER_SANDBOX } from "../../shared/port.ts";
import { RunningSystem } from "../support/running-system.ts";

const PORT = 3000;
const MAX_GROWTH_MIB = 32;
const CPU_TICK_MS = 10;
const WAIT = { timeout: 30_000, interval: 50 };

/** Of a core, for one guest whose agent never stops sending. */
const MAX_CPU_SHARE = 0.15;
const CPU_MEASURE_MS = 2_000;

let lab: Lab;
let system: RunningSystem;
let hostile: Machine;
let neighbour: Machine;
let rssBeforeMiB: number;
let orders = 0;
const ids = { hostile: crypto.randomUUID(), neighbour: crypto.randomUUID() };

beforeAll(async () => {
  lab = await Lab.create();
  [hostile, neighbour] = await Promise.all([boot("hostile", "none"), boot("neighbour")]);
  await hostile.put({
    path: "/srv/agent.cjs",
    content: await readFile("test/support/lab/hostile-agent.cjs"),
  });
  await hostile.run("mkfifo /run/orders");
  // It is started again when it crashes, as by the unit's Restart=always.
  await hostile.start("agent", "sh -c 'while :; do node /srv/agent.cjs; done <>/run/orders'");
  await hostile.waitForLog("agent", "listens");
  system = await RunningSystem.start([{ host: neighbour.address, port: PORT }], { lab });
  await attach("hostile", hostile);
  await attach("neighbour", neighbour);
  for (const name of ["hostile", "neighbour"] as const) {
    await vi.waitFor(async () => expect(await listedPorts(name)).toEqual([PORT]), WAIT);
    await page(name);
  }
  rssBeforeMiB = await connectorRssMiB();
});

afterAll(async () => {
  await system?.stop();
  await lab?.[Symbol.asyncDispose]();
});

async function boot(name: keyof typeof ids, agent?: "none"): Promise<Machine> {
  const files = [{ path: "/srv/www/page", content: `${name}'s page` }];
  const machine = await lab.boot({ shape: "namespace", files, ...(agent !== undefined && { agent }) });
  await machine.start("app", `httpd -f -p ${PORT} -h /srv/www`);
  return machine;
}

function attach(name: keyof typeof ids, { network }: Machine): Promise<unknown> {
  return system.attach(ids[name], network.address, { tap: network.tap, namespace: network.namespace.name });
}

/** Makes the agent misbehave from now on, and the connector request its stream at once. */
async function order(stream: string, scan = "hang", connect = "head"): Promise<void> {
  orders++;
  await hostile.run(`echo 'order${orders} ${stream} ${scan} ${connect}' >/run/orders`);
  await hostile.waitForLog("agent", `order${orders} taken`);
  await attach("hostile", hostile);
  await waitUntilRequested("stream", 1);
}

/** Waits until the agent has had so many requests of a kind since its last order. */
async function waitUntilRequested(kind: string, times: number): Promise<void> {
  const count = `$(grep -c '^order${orders} ${kind}$' /var/log/agent.log)`;
  await hostile.run(`until [ "${count}" -ge ${times} ]; do usleep 20000; done`);
}

function waitUntilFollowed(): Promise<void> {
  return vi.waitFor(async () => expect((await guestInConnector("hostile")).agentFollowed).toBe(true), WAIT);
}

async function page(name: keyof typeof ids): Promise<string> {
  return (await system.visit(`${system.urlOf(ids[name], PORT)}/page`)).text();
}

async function refusalAt(port: number): Promise<string | null> {
  const response = await system.visit(system.urlOf(ids.hostile, port));
  await response.text();
  return response.headers.get("preview-error");
}

async function guestInConnector(
  name: keyof typeof ids,
): Promise<{ ports: number[]; agentFollowed: boolean }> {
  const { guests } = (await callControl(system.controlSocket, "GET", "/guests")) as {
    guests: { sandboxId: string; ports: number[]; agentFollowed: boolean }[];
  };
  return guests.find(({ sandboxId }) => sandboxId === ids[name])!;
}

async function listedPorts(name: keyof typeof ids): Promise<number[]> {
  const response = await system.callApi("GET", `/v1/sandboxes/${ids[name]}/ports?shape=array`);
  return ((await response.json()) as { port: number }[]).map(({ port }) => port);
}

async function connectorRssMiB(): Promise<number> {
  const status = await readFile(`/proc/${system.supervisor.pidOf("connector")}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

async function connectorCpuMs(): Promise<number> {
  const stat = await readFile(`/proc/${system.supervisor.pidOf("connector")}/stat`, "latin1");
  const fields = stat.split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * CPU_TICK_MS;
}

/** Bounds that hold for any agent. */
async function expectBounds(): Promise<void> {
  expect(await page("neighbour")).toBe("neighbour's page");
  expect(await guestInConnector("neighbour")).toMatchObject({ ports: [PORT], agentFollowed: true });
  expect((await guestInConnector("hostile")).ports.length).toBeLessThanOrEqual(MAX_PORTS_PER_SANDBOX);
  expect((await listedPorts("hostile")).length).toBeLessThanOrEqual(MAX_PORTS_PER_SANDBOX);
  const grownMiB = (await connectorRssMiB()) - rssBeforeMiB;
  console.log(`connector ${grownMiB < 0 ? "" : "+"}${grownMiB.toFixed(1)} MiB`);
  expect(grownMiB).toBeLessThan(MAX_GROWTH_MIB);
}

describe("an agent in a microVM that breaks the contract in its stream", () => {
  test.each([
    ["sends nonsense", "nonsense"],
    ["names 60 000 ports", "crowd"],
    ["never ends its line", "line"],
    ["never ends its head", "head"],
    ["never ends its interim responses", "interim"],
    ["sends nothing", "hang"],
  ])(
    "and %s is disconnected and requested again later; the sandbox works as one without an agent",
    async (_what, deed) => {
      await order(deed);
      await waitUntilRequested("stream", 2);
      expect(await guestInConnector("hostile")).toMatchObject({ agentFollowed: false });
      expect(await page("hostile")).toBe("hostile's page");
      expect(await refusalAt(3001)).toBe("port_closed");
      expect(await listedPorts("hostile")).toEqual([PORT]);
      await expectBounds();
    },
  );
});

describe("an agent in a microVM that breaks the contract in its response to a scan", () => {
  test.each([
    ["sends nonsense", "nonsense"],
    ["names 60 000 ports", "crowd"],
    ["never ends its line", "line"],
    ["never ends its head", "head"],
    ["never ends its interim responses", "interim"],
    ["sends nothing", "hang"],
  ])("and %s does not keep a visitor from a server that listens", async (_what, deed) => {
    await order("none", deed);
    await waitUntilFollowed();
    expect(await page("hostile")).toBe("hostile's page");
    expect(await refusalAt(3001)).toBe("port_closed");
    await waitUntilRequested("scan", 2);
    await expectBounds();
  });
});

describe("an agent in a microVM that keeps to the contract's form and lies", () => {
  test("and claims 32 ports without servers costs its own sandbox its port, and no other", async () => {
    await order("full", "full");
    await expect.poll(() => listedPorts("hostile"), WAIT).toHaveLength(MAX_PORTS_PER_SANDBOX);
    expect(await refusalAt(PORT)).toBe("port_limit");
    expect(await refusalAt(1)).toBe("port_closed");
    await expectBounds();
  });

  test.each(["head", "interim", "nonsense", "hang"])(
    "about a loopback listener, and responds to CONNECT with %s, is refused to a visitor",
    async (deed) => {
      await order("loopback", "loopback", deed);
      await waitUntilFollowed();
      const response = await system.visit(`${system.urlOf(ids.hostile, PORT)}/page`);
      await response.text();
      expect(response.status).toBe(502);
      await waitUntilRequested("connect", 1);
      await expectBounds();
    },
  );

  test("and changes its ports without end takes a small share of the connector's core", async () => {
    await order("babble", "honest");
    await waitUntilFollowed();
    const beforeMs = await connectorCpuMs();
    await setTimeout(CPU_MEASURE_MS);
    const share = ((await connectorCpuMs()) - beforeMs) / CPU_MEASURE_MS;
    console.log(`a babbling agent: ${(share * 100).toFixed(0)} % of a core`);
    expect(share).toBeLessThan(MAX_CPU_SHARE);
    await expectBounds();
  });
});

test("an agent in a microVM that crashes is followed again when it is back", async () => {
  await order("honest", "crash");
  await waitUntilFollowed();
  // A port that it has not reported makes the connector request a scan, which ends the agent.
  expect(await refusalAt(3001)).toBe("port_closed");
  expect(await page("hostile")).toBe("hostile's page");
  await hostile.waitForLog("agent", "start stream");
  await waitUntilFollowed();
  expect(await listedPorts("hostile")).toEqual([PORT]);
  await expectBounds();
});
