import { once } from "node:events";
import { readdir } from "node:fs/promises";
import * as net from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { MAX_FORMER_GENERATIONS, MAX_RETIRED_MS } from "../../../../connector/supervisor/supervisor.ts";
import { isRunning, ScriptedSupervisor } from "../../../support/supervisor/scripted-supervisor.ts";

const WAIT = { timeout: 10_000, interval: 20 };

afterEach(() => {
  vi.useRealTimers();
});

async function isRefused({ host, port }: { host: string; port: number }): Promise<boolean> {
  const socket = net.connect({ host, port });
  const refused = await once(socket, "connect").then(
    () => false,
    () => true,
  );
  socket.destroy();
  return refused;
}

describe("Supervisor", () => {
  test("keeps four former generations, and drains the oldest where there would be a fifth", async () => {
    await using scripted = await ScriptedSupervisor.start();
    const { supervisor } = scripted;
    await scripted.script("tunnels stay");
    for (let reload = 0; reload < MAX_FORMER_GENERATIONS; reload++) await supervisor.reload();
    const [first, second] = await scripted.listStarted("run-worker");
    expect([supervisor.formerCount, isRunning(first!.pid)]).toEqual([MAX_FORMER_GENERATIONS, true]);
    await supervisor.reload();
    expect(supervisor.formerCount).toBe(MAX_FORMER_GENERATIONS);
    await expect.poll(() => isRunning(first!.pid), WAIT).toBe(false);
    expect(isRunning(second!.pid)).toBe(true);
  });

  test("drains a former generation when it has been kept for 12 hours", async () => {
    await using scripted = await ScriptedSupervisor.start({
      faults: ["tunnels stay", "nothing is reported"],
    });
    const { supervisor } = scripted;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await supervisor.reload();
    const [former] = await scripted.listStarted("run-worker");
    vi.advanceTimersByTime(MAX_RETIRED_MS - 1);
    expect(scripted.log).not.toContain("has had its time");
    vi.advanceTimersByTime(1);
    vi.useRealTimers();
    expect(scripted.log).toContain("has had its time");
    await expect.poll(() => [supervisor.formerCount, isRunning(former!.pid)], WAIT).toEqual([0, false]);
  });

  test("has one host process, also where a reload comes while one that ended is being replaced", async () => {
    await using scripted = await ScriptedSupervisor.start();
    await scripted.script("run-host does not prepare");
    const [ended] = await scripted.listStarted("run-host");
    process.kill(ended!.pid, "SIGKILL");
    await expect.poll(async () => (await scripted.listStarted("run-host")).length, WAIT).toBe(2);
    await scripted.unscript("run-host does not prepare");
    await scripted.supervisor.reload();
    const [, replacing, ...later] = await scripted.listStarted("run-host");
    expect(later).toMatchObject([{ generation: 2 }]);
    expect([isRunning(replacing!.pid), isRunning(later[0]!.pid)]).toEqual([false, true]);
  });

  test("retires a worker that is being started, too", async () => {
    await using scripted = await ScriptedSupervisor.start();
    await scripted.script("run-worker does not prepare");
    const [ended] = await scripted.listStarted("run-worker");
    process.kill(ended!.pid, "SIGKILL");
    await expect.poll(async () => (await scripted.listStarted("run-worker")).length, WAIT).toBe(2);
    await scripted.unscript("run-worker does not prepare");
    await scripted.supervisor.reload();
    const [, replacing] = await scripted.listStarted("run-worker");
    await expect.poll(() => isRunning(replacing!.pid), WAIT).toBe(false);
    await expect.poll(() => scripted.supervisor.formerCount, WAIT).toBe(0);
  });

  test("starts the former host process again until it serves, where a reload has failed", async () => {
    await using scripted = await ScriptedSupervisor.start();
    await scripted.script("run-host does not serve");
    await expect(scripted.supervisor.reload()).rejects.toThrow("the host process ended with 1");
    await scripted.unscript("run-host does not serve");
    const last = async () => (await scripted.listStarted("run-host")).at(-1)!;
    await expect.poll(async () => isRunning((await last()).pid), WAIT).toBe(true);
    expect((await last()).generation).toBe(1);
    expect(scripted.supervisor.generation).toBe(1);
    await scripted.supervisor.reload();
    expect(scripted.supervisor.generation).toBe(3);
  });

  test("holds no socket of a configuration with which a reload has failed", async () => {
    await using scripted = await ScriptedSupervisor.start();
    const countDescriptors = async () => (await readdir("/proc/self/fd")).length;
    const before = await countDescriptors();
    await scripted.script("run-worker does not serve");
    scripted.listen = { ...scripted.listen, host: "127.0.0.2" };
    await expect(scripted.supervisor.reload()).rejects.toThrow("the worker process ended with 1");
    await scripted.unscript("run-worker does not serve");
    await expect.poll(countDescriptors, WAIT).toBe(before);
  });

  test("replaces a worker whose event loop stands still", async () => {
    await using scripted = await ScriptedSupervisor.start({ stalledAfterMs: 500 });
    const { supervisor } = scripted;
    const [stalled] = supervisor.workerPids;
    process.kill(stalled!, "SIGSTOP");
    await expect.poll(() => supervisor.workerPids, WAIT).not.toContain(stalled);
    await expect.poll(() => supervisor.workerPids, WAIT).toHaveLength(1);
    expect(scripted.log).toContain("stands still: killed");
  });

  test("stops without sockets of its own, so that visitors are refused as soon as no worker accepts", async () => {
    await using scripted = await ScriptedSupervisor.start();
    expect(await isRefused(scripted.listen)).toBe(false);
    await scripted.script("requests stay");
    void scripted.supervisor.stop();
    await expect.poll(() => isRefused(scripted.listen), WAIT).toBe(true);
    for (const pid of scripted.supervisor.workerPids) {
      expect(isRunning(pid), "it has a request yet").toBe(true);
      process.kill(pid, "SIGKILL");
    }
  });
});
