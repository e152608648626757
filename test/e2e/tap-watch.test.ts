import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Namespace } from "../../lab/network/namespace.ts";
import { NODE_BINARY } from "../../lab/node-binary.ts";
import { runCommand } from "../../lab/run-command.ts";
import type { TapWatchOrder, TapWatchReport } from "../support/lab/tap-watch-process.ts";

const CHILD = fileURLToPath(new URL("../support/lab/tap-watch-process.ts", import.meta.url));
const SANDBOXES = 100;
const NOTICED_WITHIN_MS = 1_000;
const MEASURE_MS = 3_000;
const OVER_A_TICK_MS = 600;

/** Of a core, for all sandboxes, while nothing happens to them. */
const MAX_IDLE_SHARE = 0.05;

let host: Namespace;
let sandboxes: Namespace[] = [];
let watcher: ChildProcess;
const removed = new Set<Namespace>();
const holders: ChildProcess[] = [];
const gone: { at: number; tap: string; namespace?: string }[] = [];

beforeAll(async () => {
  await Namespace.removeDead();
  host = await Namespace.create("host");
  await createTap(host, "tap1");
  await createTap(host, "tap2");
  sandboxes = await Promise.all(Array.from({ length: SANDBOXES }, () => Namespace.create("sandbox")));
  await Promise.all(sandboxes.map((namespace) => createTap(namespace, "tap0")));
  watcher = host.spawn(NODE_BINARY, [CHILD], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  watcher.on("message", (report: TapWatchReport) => {
    if (report.kind === "gone") gone.push({ at: performance.now(), ...report });
  });
  order({
    verb: "watch",
    taps: [
      ...["tap1", "tap2"].map((tap) => ({ tap })),
      ...sandboxes.map(({ name }) => ({ tap: "tap0", namespace: name })),
    ],
  });
});

afterAll(async () => {
  for (const child of [watcher, ...holders]) child?.kill("SIGKILL");
  await Promise.all([...sandboxes, host].filter((one) => !removed.has(one)).map(remove));
});

async function remove(namespace: Namespace): Promise<void> {
  removed.add(namespace);
  await namespace[Symbol.asyncDispose]();
}

/** Deletes a namespace's name while a process is still in it. */
async function removeName(namespace: Namespace): Promise<void> {
  const holder = namespace.spawn("sh", ["-c", "echo in; exec cat"], { stdio: ["pipe", "pipe", "inherit"] });
  await once(holder.stdout!, "data");
  await runCommand("ip", ["netns", "delete", namespace.name]);
  removed.add(namespace);
  holders.push(holder);
}

/** A pair, because a tap is up only while a machine holds its other end. */
async function createTap(namespace: Namespace, tap: string): Promise<void> {
  await namespace.ip("link", "add", tap, "type", "veth", "peer", "name", `${tap}-end`);
  await namespace.ip("link", "set", tap, "up");
  await namespace.ip("link", "set", `${tap}-end`, "up");
}

function order(one: TapWatchOrder): void {
  watcher.send(one);
}

async function cpuMs(): Promise<number> {
  const measured = Promise.withResolvers<number>();
  const take = (report: TapWatchReport): void => void (report.kind === "cpu" && measured.resolve(report.ms));
  watcher.on("message", take);
  order({ verb: "measure" });
  try {
    return await measured.promise;
  } finally {
    watcher.off("message", take);
  }
}

async function shareOfCore(measureMs: number): Promise<number> {
  const beforeMs = await cpuMs();
  await setTimeout(measureMs);
  return ((await cpuMs()) - beforeMs) / measureMs;
}

/** The only child process of the watcher. */
async function monitorPid(): Promise<number> {
  const children = await readFile(`/proc/${watcher.pid}/task/${watcher.pid}/children`, "latin1");
  const [pid = "", ...others] = children.trim().split(" ");
  expect(others).toEqual([]);
  expect(await readFile(`/proc/${pid}/cmdline`, "latin1")).toContain("monitor");
  return Number(pid);
}

/** Changes one tap. @returns the time until the watcher noticed it */
async function noticedAfterMs(tap: string, namespace: string | undefined, harm: () => Promise<unknown>) {
  const harmedAt = performance.now();
  await harm();
  const notice = await vi.waitFor(() => {
    const found = gone.find((one) => one.tap === tap && one.namespace === namespace);
    if (found === undefined) throw new Error(`${tap} in ${namespace ?? "the host"} is not noticed`);
    return found;
  }, 10 * NOTICED_WITHIN_MS);
  return notice.at - harmedAt;
}

describe(`TapWatch of ${SANDBOXES} sandboxes in namespaces of their own`, () => {
  test("costs less than 5 % of a core while nothing happens", async () => {
    // It first reads each tap, several times, until its monitor has started.
    await vi.waitFor(async () => {
      await monitorPid();
      expect(await shareOfCore(OVER_A_TICK_MS)).toBeLessThan(MAX_IDLE_SHARE);
    }, 30_000);
    const share = await shareOfCore(MEASURE_MS);
    console.log(`${SANDBOXES} sandboxes: ${(share * 1000).toFixed(1)} ms of processor time a second`);
    expect(share).toBeLessThan(MAX_IDLE_SHARE);
    expect(gone).toEqual([]);
  });

  test.each<[what: string, index: number, harm: (namespace: Namespace) => Promise<unknown>]>([
    ["is taken down", 1, (namespace) => namespace.ip("link", "set", "tap0", "down")],
    ["is deleted", 2, (namespace) => namespace.ip("link", "delete", "tap0")],
    ["is renamed", 3, (namespace) => namespace.ip("link", "set", "tap0", "name", "tap9")],
    ["is deleted with its namespace", 4, remove],
    ["is left in a namespace without a name", 5, removeName],
  ])("notices within a second that a tap %s", async (what, index, harm) => {
    const { name } = sandboxes[index]!;
    const ms = await noticedAfterMs("tap0", name, () => harm(sandboxes[index]!));
    console.log(`a tap ${what}: noticed after ${ms.toFixed(0)} ms`);
    expect(ms).toBeLessThan(NOTICED_WITHIN_MS);
  });

  test("notices within two seconds that 40 taps are taken down at once", async () => {
    const before = gone.length;
    const harmed = sandboxes.slice(10, 50);
    const startMs = performance.now();
    await Promise.all(harmed.map((namespace) => namespace.ip("link", "set", "tap0", "down")));
    await vi.waitFor(() => expect(gone).toHaveLength(before + harmed.length), 10_000);
    const ms = gone.at(-1)!.at - startMs;
    console.log(`${harmed.length} taps at once: noticed ${ms.toFixed(0)} ms after the first change`);
    expect(ms).toBeLessThan(2 * NOTICED_WITHIN_MS);
  });

  test("notices within two seconds while its monitor of the kernel's interfaces is dead", async () => {
    process.kill(await monitorPid(), "SIGKILL");
    const sandbox = sandboxes[60]!;
    const ms = await noticedAfterMs("tap0", sandbox.name, () => sandbox.ip("link", "delete", "tap0"));
    console.log(`without a monitor: noticed after ${ms.toFixed(0)} ms`);
    expect(ms).toBeLessThan(2 * NOTICED_WITHIN_MS);
  });
});

test.each<[what: string, tap: string, harm: () => Promise<unknown>]>([
  ["is taken down", "tap1", () => host.ip("link", "set", "tap1", "down")],
  ["is deleted", "tap2", () => host.ip("link", "delete", "tap2")],
])("TapWatch notices within a second that a tap in its own namespace %s", async (_what, tap, harm) => {
  expect(await noticedAfterMs(tap, undefined, harm)).toBeLessThan(NOTICED_WITHIN_MS);
});
