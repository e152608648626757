import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DIRECT } from "../../../agent/kernel/parse-listener.ts";
import { PortRegistry } from "../../../agent/port-registry.ts";
import { PortWatch } from "../../../agent/port-watch.ts";
import type { PortChange } from "../../../shared/protocol/agent-protocol.ts";

/** A kernel whose table takes 1 ms to read, and which counts the reads. */
function createKernel() {
  const ports = new Map<number, number>();
  let reads = 0;
  return {
    ports,
    reads: () => reads,
    listening: () => {
      reads++;
      vi.advanceTimersByTime(1);
      return new Map(ports);
    },
    socketCount: () => String(ports.size),
  };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "setImmediate", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("PortWatch", () => {
  test("reports a change within 250 ms", () => {
    const kernel = createKernel();
    const watch = new PortWatch(new PortRegistry(new Set()), kernel);
    const changes: PortChange[] = [];
    watch.subscribe((change) => changes.push(change));
    watch.start();
    kernel.ports.set(3000, DIRECT);
    vi.advanceTimersByTime(250);
    expect(changes).toEqual([{ open: [{ port: 3000, reach: "direct" }], close: [], waiting: [] }]);
  });

  test("reads the tables rarely while the number of sockets stays", () => {
    const kernel = createKernel();
    const watch = new PortWatch(new PortRegistry(new Set()), kernel);
    watch.start();
    vi.advanceTimersByTime(10_000);
    expect(kernel.reads()).toBeGreaterThan(10);
    expect(kernel.reads()).toBeLessThan(21);
  });

  test("scanNow() shares one scan among calls at the same time, and scans after them", async () => {
    const kernel = createKernel();
    const registry = new PortRegistry(new Set());
    const watch = new PortWatch(registry, kernel);
    const scans = Promise.all([watch.scanNow(), watch.scanNow(), watch.scanNow()]);
    kernel.ports.set(3000, DIRECT);
    vi.runAllTicks();
    vi.advanceTimersByTime(0);
    await scans;
    expect(kernel.reads()).toBe(1);
    expect(registry.scan().ports).toEqual([{ port: 3000, reach: "direct" }]);
  });
});
