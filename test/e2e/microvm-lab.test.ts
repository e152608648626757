import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VITE_PORT, viteTemplate } from "../../lab/image/vite-template.ts";
import { Lab } from "../../lab/lab.ts";
import type { Machine } from "../../lab/machine/machine.ts";
import { forwardIntoLab, forwardOutOfLab } from "../../lab/network/forward.ts";
import { runCommand } from "../../lab/run-command.ts";
import { AGENT_HEALTH_PATH } from "../../shared/protocol/agent-protocol.ts";
import { AgentClient, closes, opens } from "../support/lab/agent-client.ts";
import { describeMs } from "../support/lab/describe-ms.ts";
import { labGet } from "../support/lab/lab-get.ts";
import { median } from "../support/lab/median.ts";

const REPORTED_WITHIN_MS = 300;

/** A single measure varies on a busy computer; the median of these is stable. */
const MEASURES = 5;

/** Opens and closes listeners by the lines of its standard input, a FIFO: `open 127.0.0.1 3000`, `close 3000`. */
const LISTENERS = `
const servers = new Map();
const uptimeMs = () => Math.floor(process.hrtime()[0] * 1000 + process.hrtime()[1] / 1e6);
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const [verb, host, port] = line.split(" ");
  if (verb === "close") return void servers.get(host).close(() => console.log(uptimeMs() + " closed " + host));
  const server = require("node:http").createServer((request, response) => response.end(process.env.NAME + " " + port));
  servers.set(port, server.listen(port, host, () => console.log(uptimeMs() + " open " + port)));
});
console.log("listeners ready");
`;

let lab: Lab;
let inTap: Machine;
let inNamespace: Machine;
let neighbour: Machine;

beforeAll(async () => {
  lab = await Lab.create();
  const boot = async (name: string, shape: "tap" | "namespace"): Promise<Machine> => {
    const files = [{ path: "/srv/listeners.cjs", content: LISTENERS }];
    const onProgress = (step: string, ms: number): void =>
      console.log(`${name}: ${step} after ${ms.toFixed(0)} ms`);
    const machine = await lab.boot({ shape, files, onProgress });
    await machine.run("mkfifo /run/orders");
    await machine.start("listeners", `NAME=${name} sh -c 'exec node /srv/listeners.cjs <>/run/orders'`);
    await machine.waitForLog("listeners", "ready");
    return machine;
  };
  [inTap, inNamespace, neighbour] = await Promise.all([
    boot("one", "tap"),
    boot("two", "namespace"),
    boot("three", "namespace"),
  ]);
});

afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  expect(await runCommand("ip", ["netns", "list"])).not.toContain(`lab-${process.pid}-`);
});

function order(machine: Machine, text: string): Promise<string> {
  return machine.run(`echo '${text}' >/run/orders`);
}

async function open(machine: Machine, host: string, port: number): Promise<void> {
  await order(machine, `open ${host} ${port}`);
  await machine.waitForLog("listeners", `open ${port}`);
}

describe("a machine's commands", () => {
  test("give output and exit status", async () => {
    expect(await inTap.exec("echo out; echo err >&2; exit 3")).toEqual({
      status: 3,
      stdout: "out\n",
      stderr: "err\n",
    });
  });

  test("run side by side", async () => {
    const waiting = inTap.exec("mkfifo /run/gate; cat /run/gate");
    await inTap.run("until [ -p /run/gate ]; do usleep 10000; done; echo open >/run/gate");
    expect((await waiting).stdout).toBe("open\n");
  });

  test("carry large output, and files byte by byte", async () => {
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 256));
    await inTap.put({ path: "/srv/deep/file.bin", content, mode: 0o600 });
    expect(await inTap.run("base64 -w 0 /srv/deep/file.bin")).toBe(content.toString("base64"));
    expect(await inTap.run("stat -c %a /srv/deep/file.bin")).toBe("600\n");
  });
});

describe("the agent in a microVM", () => {
  const shapes: [name: string, machine: () => Machine][] = [
    ["a tap in the host's namespace", () => inTap],
    ["a namespace of its own", () => inNamespace],
  ];

  test.each(shapes)("reports in time what opens and closes, behind %s", async (name, machine) => {
    const stream = await new AgentClient(lab.gate, machine().address).follow();
    await stream.find(({ event }) => event === "snapshot");
    const reportedAfterMs = async (change: Promise<unknown>, log: string): Promise<number> => {
      await change;
      const reportedAtMs = await machineUptimeMs(machine());
      const line = (await machine().run(`grep '${log}' /var/log/listeners.log`)).split(" ")[0];
      return reportedAtMs - Number(line);
    };
    const openMs: number[] = [];
    const closeMs: number[] = [];
    for (let port = 3100; port < 3100 + MEASURES; port++) {
      await order(machine(), `open 0.0.0.0 ${port}`);
      openMs.push(await reportedAfterMs(stream.find(opens(port)), `open ${port}`));
      await order(machine(), `close ${port}`);
      closeMs.push(await reportedAfterMs(stream.find(closes(port)), `closed ${port}`));
    }
    stream.close();
    console.log(
      `${name}: open reported after ${describeMs(openMs)}, close after ${describeMs(closeMs)}, by the machine's clock`,
    );
    expect(median(openMs)).toBeLessThan(REPORTED_WITHIN_MS);
    expect(median(closeMs)).toBeLessThan(REPORTED_WITHIN_MS);
  });

  test.each([
    ["127.0.0.1", 3010, "127.0.0.1"],
    ["::1", 3011, "[::1]"],
  ])("reaches a listener on %s by CONNECT", async (host, port, target) => {
    const agent = new AgentClient(lab.gate, inNamespace.address);
    await open(inNamespace, host, port);
    expect((await agent.ports()).ports).toContainEqual({ port, reach: host });
    const { status, socket } = await agent.connect(`${target}:${port}`);
    expect(status).toBe(200);
    socket.write("GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    const [response] = await once(socket, "data");
    expect(String(response)).toContain(`two ${port}`);
    socket.destroy();
  });
});

describe("network shapes", () => {
  test("two machines with one inner address are distinguished by the address that the host dials", async () => {
    await Promise.all([open(inNamespace, "0.0.0.0", 3020), open(neighbour, "0.0.0.0", 3020)]);
    const own = "ip -4 -o address show dev eth0 | awk '{print $4}'";
    expect(await inNamespace.run(own)).toBe(await neighbour.run(own));
    expect(await labGet(lab.gate, inNamespace.address, 3020)).toBe("two 3020");
    expect(await labGet(lab.gate, neighbour.address, 3020)).toBe("three 3020");
  });

  test("a machine reaches neither a neighbour nor, from a namespace of its own, the host", async () => {
    await using listener = await listenInHost();
    // A route back, so that a refusal is not for the lack of one.
    await lab.host.ip("route", "add", "172.30.0.0/30", "via", inNamespace.address);
    const hostEnd = inNamespace.address.replace(/2$/, "1");
    for (const [machine, address, port] of [
      [inNamespace, neighbour.address, 20_222],
      [inTap, neighbour.address, 20_222],
      [neighbour, inTap.address, 20_222],
      [inNamespace, hostEnd, listener.port],
    ] as const) {
      expect(await dials(machine, address, port)).toBe(false);
    }
    // The same listener accepts a machine that may reach it.
    expect(await dials(inTap, inTap.network.gateway, listener.port)).toBe(true);
  });

  async function dials(machine: Machine, address: string, port: number): Promise<boolean> {
    return (await machine.exec(`nc -w 1 ${address} ${port} </dev/null`)).status === 0;
  }

  async function listenInHost() {
    const server = await lab.gate.listen("0.0.0.0", 0);
    server.on("connection", (socket) => socket.end());
    const { port } = server.address() as { port: number };
    return { port, [Symbol.asyncDispose]: async () => void server.close() };
  }
});

describe("forwardIntoLab() and forwardOutOfLab()", () => {
  test("join this computer's loopback with the host's", async () => {
    const out = await lab.gate.listen("127.0.0.1", 0);
    out.on("connection", (socket) => socket.end("from inside"));
    const into = await forwardIntoLab(lab.gate, (out.address() as { port: number }).port);
    const back = await forwardOutOfLab(lab.gate, into.port);
    // From inside to this computer, and inside again.
    const socket = await lab.gate.connect("127.0.0.1", back.port);
    const [text] = await once(socket, "data");
    expect(String(text)).toBe("from inside");
    socket.destroy();
    for (const one of [out, into, back]) one.close();
  });
});

describe("a machine's end", () => {
  test("a paused machine responds when it is resumed; the others are not affected", async () => {
    const agent = new AgentClient(lab.gate, neighbour.address);
    neighbour.pause();
    let responded = false;
    const asked = agent.get(AGENT_HEALTH_PATH).then(({ status }) => {
      responded = true;
      return status;
    });
    expect((await new AgentClient(lab.gate, inTap.address).get(AGENT_HEALTH_PATH)).status).toBe(200);
    expect(responded).toBe(false);
    neighbour.resume();
    expect(await asked).toBe(200);
  });

  test("a killed machine leaves its tap without carrier, and fails its commands", async () => {
    const failed = expect(inTap.exec("tail -f /dev/null")).rejects.toThrow("the machine has ended");
    await inTap.kill();
    await failed;
    await expect(inTap.exec("true")).rejects.toThrow("the machine has ended");
    expect(inTap.isRunning).toBe(false);
    expect(await lab.host.ip("link", "show", inTap.network.tap)).toContain("NO-CARRIER");
    expect(await readFile(inTap.consoleLog, "utf8")).toContain("lab: network is up");
  });
});

describe("the vite-react template", () => {
  test("serves a real Vite project as soon as the machine runs", async () => {
    const startMs = performance.now();
    const machine = await lab.boot({ shape: "tap", ...(await viteTemplate()) });
    const agent = new AgentClient(lab.gate, machine.address);
    const stream = await agent.follow();
    const shown = (port: number) => ({ port, reach: expect.stringMatching(/^(127\.0\.0\.1|::1)$/) });
    const event = await stream.find((one) => one.event === "snapshot" || opens(VITE_PORT)(one));
    if (event.event === "snapshot" && event.ports.length === 0) await stream.find(opens(VITE_PORT));
    stream.close();
    const { ports } = await agent.ports();
    expect(ports).toEqual([shown(VITE_PORT)]);

    const { socket } = await agent.connect(`127.0.0.1:${VITE_PORT}`);
    socket.write("GET / HTTP/1.1\r\nhost: localhost:5173\r\nconnection: close\r\n\r\n");
    let page = "";
    for await (const chunk of socket) page += chunk;
    expect(page).toContain("/@vite/client");
    console.log(
      `Vite's page ${((performance.now() - startMs) / 1000).toFixed(1)} s after the start of the boot`,
    );
  });
});

/** Includes the time of the command, some 50 ms. */
async function machineUptimeMs(machine: Machine): Promise<number> {
  return Number((await machine.run("cat /proc/uptime")).split(" ")[0]) * 1000;
}
