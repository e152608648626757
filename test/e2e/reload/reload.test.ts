import { once } from "node:events";
import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ReloadStage } from "../../../bench/reload/reload-stage.ts";
import { reloadReportPath } from "../../../connector/supervisor/reload-report.ts";
import { isRunning } from "../../support/supervisor/scripted-supervisor.ts";

const PROGRAM = fileURLToPath(new URL("../../../connector/main.ts", import.meta.url));

/** `npm run bench:reload` does the same with 200 requests/s, 500 WebSockets and ten rounds. */
const REQUESTS_PER_SECOND = 50;
const WEB_SOCKETS = 50;
const WAIT = { timeout: 15_000, interval: 100 };

// biome-ignore lint/suspicious/noExplicitAny: the answers are compared as they are
type Answer = any;

let stage: ReloadStage;

beforeAll(async () => {
  stage = await ReloadStage.open({
    program: PROGRAM,
    workers: 2,
    address: "127.78.12.1",
    isInherited: true,
  });
});

afterAll(() => stage?.[Symbol.asyncDispose]());

test("the log has whole what relay workers carry, and counts it; the host process replays it", async () => {
  const { api, apiToken, sandboxId, previewUrl } = stage.system;
  const call = async (
    method: "GET" | "PUT" | "POST" | "DELETE",
    path: string,
    body?: unknown,
  ): Promise<Answer> => {
    const response = await stage.fetch(`${api}/v1/sandboxes/${sandboxId}/${path}`, {
      method,
      headers: { authorization: `Bearer ${apiToken}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    expect(response.statusCode).toBe(method === "DELETE" ? 204 : 200);
    return method === "DELETE" ? undefined : response.body.json();
  };
  await call("PUT", "ports/3000/capture", { bodies: true });
  const bytes = Buffer.from(Array.from({ length: 60_000 }, (_, index) => (index * 7) % 256));
  const echo = async (path: string): Promise<void> => {
    const { body } = await stage.fetch(previewUrl + path, { method: "POST", body: bytes });
    expect(Buffer.from(await body.arrayBuffer()).equals(bytes)).toBe(true);
  };
  const list = async (query: string) => (await call("GET", `requests?${query}`)).requests;
  const capturing = async () => {
    await echo("/echo?first");
    return (await list("path=first")).length;
  };
  await expect.poll(capturing, WAIT).toBeGreaterThan(0);
  // More at a time would not fit into the memory of what is under way.
  for (let round = 0; round < 5; round++)
    await Promise.all([1, 2, 3, 4].map((index) => echo(`/echo?all=${round}-${index}`)));
  await expect.poll(async () => (await list("path=all")).length, WAIT).toBe(20);
  for (const { id } of await list("path=all&limit=3")) {
    const shown = await call("GET", `requests/${id}`);
    for (const { body } of [shown.request, shown.response])
      expect(body.base64).toBe(bytes.toString("base64"));
  }
  const [{ id }] = await list("path=all&limit=1");
  const { replay } = await call("POST", `requests/${id}/replay`, {});
  expect(replay).toMatchObject({ replay_of: id, response: { body: { base64: bytes.toString("base64") } } });

  const socket = stage.openWebSocket();
  await once(socket, "open");
  socket.send("one");
  await once(socket, "message");
  socket.close();
  await expect
    .poll(async () => (await list("status=101"))[0], WAIT)
    .toMatchObject({ frames: { sent: expect.any(Number), received: expect.any(Number) } });
  await expect.poll(async () => (await call("GET", "usage")).admitted, WAIT).toBeGreaterThan(21);
  await call("DELETE", "ports/3000/capture");
});

test("reloads fail no request and drop no WebSocket; one of a bad configuration changes nothing", async () => {
  const load = stage.createLoad(REQUESTS_PER_SECOND, WEB_SOCKETS);
  await load.start();
  await stage.connector.reload();
  const config = await readFile(stage.configFile, "utf8");
  const tls = { certificateFile: "/none", keyFile: "/none" };
  await writeFile(stage.configFile, JSON.stringify({ ...JSON.parse(config), tls }));
  try {
    await expect(stage.connector.reload()).rejects.toThrow("cannot read /none");
  } finally {
    await writeFile(stage.configFile, config);
  }
  await stage.connector.reload();
  expect(await load.countEchoes()).toBe(WEB_SOCKETS);
  expect(stage.connector.log).toContain('"generation":4,"workers":2,"former":2,"msg":"reloaded"');
  await load.stop();
  expect({ failures: load.failures, dropped: load.dropped }).toEqual({ failures: [], dropped: 0 });
  expect(load.requests).toBeGreaterThan(REQUESTS_PER_SECOND);
  const countEnded = () => stage.connector.log.match(/former generation ended/g)?.length;
  await expect.poll(countEnded, WAIT).toBe(2);
});

test("a restart with an inherited socket fails no request, and closes WebSockets with 1001", async () => {
  const load = stage.createLoad(REQUESTS_PER_SECOND, WEB_SOCKETS);
  await load.start();
  await stage.restart();
  await load.stop();
  expect(load.failures).toEqual([]);
  expect([load.dropped, [...load.closeCodes]]).toEqual([WEB_SOCKETS, [1001]]);
});

test("a worker that is killed takes only its own connections with it, and is replaced", async () => {
  const load = stage.createLoad(REQUESTS_PER_SECOND, WEB_SOCKETS);
  await load.start();
  const accepting = /"pid":(\d+),"generation":\d+,"worker":(\d),[^\n]*"msg":"accepting"/g;
  const pids = Array.from(stage.connector.log.matchAll(accepting), ([, pid]) => Number(pid));
  const before = pids.length;
  process.kill(pids.at(-1)!, "SIGKILL");
  await expect.poll(() => [...stage.connector.log.matchAll(accepting)].length, WAIT).toBe(before + 1);
  expect(stage.connector.log).toContain("process ended: replacing it");
  const failuresBefore = load.failures.length;
  await expect.poll(() => load.countEchoes(), WAIT).toBe(WEB_SOCKETS - load.dropped);
  await load.stop();
  expect(load.failures.slice(failuresBefore)).toEqual([]);
});

test("a host process that is killed takes no connection with it, and is replaced", async () => {
  const load = stage.createLoad(REQUESTS_PER_SECOND, WEB_SOCKETS);
  await load.start();
  const hosts = (): number[] =>
    findPids(/"pid":(\d+),"generation":\d+,"worker":0,"guests":1,"msg":"serving"/g);
  const before = hosts();
  process.kill(before.at(-1)!, "SIGKILL");
  await expect.poll(() => hosts().length, WAIT).toBe(before.length + 1);
  await stage.connector.reload();
  expect(await load.countEchoes()).toBe(WEB_SOCKETS);
  await load.stop();
  expect({ failures: load.failures, dropped: load.dropped }).toEqual({ failures: [], dropped: 0 });
});

test("a reload that cannot be reported, as on a full disk, ends nothing", async () => {
  const { controlSocket } = JSON.parse(await readFile(stage.configFile, "utf8"));
  const obstacle = `${reloadReportPath({ controlSocket })}.tmp`;
  await mkdir(obstacle);
  const countReloads = (): number => stage.connector.log.match(/"msg":"reloaded"/g)?.length ?? 0;
  const before = countReloads();
  process.kill(stage.connector.pid, "SIGHUP");
  await expect.poll(() => stage.connector.log, WAIT).toContain("does not see how the reload went");
  expect(countReloads()).toBe(before + 1);
  await rmdir(obstacle);
});

test("a supervisor that is killed leaves no process behind", async () => {
  const pids = findPids(/"pid":(\d+),"generation":/g).filter(isRunning);
  expect(pids.length).toBeGreaterThanOrEqual(3);
  await stage.connector.kill();
  await expect.poll(() => pids.filter(isRunning), WAIT).toEqual([]);
});

/** Process ids in the lines of the log that match. */
function findPids(pattern: RegExp): number[] {
  return [...new Set(Array.from(stage.connector.log.matchAll(pattern), ([, pid]) => Number(pid)))];
}
