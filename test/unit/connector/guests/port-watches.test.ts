import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { PortWatches, PROBE_INTERVAL_MS } from "../../../../connector/guests/port-watches.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Watches of ports that a test opens. */
function createWatches() {
  const open = new Set<number>();
  const hidden = new Set<number>();
  const probed: number[] = [];
  const opened: string[] = [];
  const watches = new PortWatches({
    mayBeOpen: (port) => !hidden.has(port),
    async isOpen(port) {
      probed.push(port);
      return open.has(port);
    },
  });
  const watch = (port: number, name: string) => watches.watch(port, () => opened.push(name));
  return { open, hidden, probed, opened, watches, watch };
}

describe("PortWatches.watch()", () => {
  test("probes at once and every 250 ms, once for all who wait for a port", async () => {
    const { open, probed, opened, watch } = createWatches();
    watch(3000, "first");
    watch(3000, "second");
    await vi.advanceTimersByTimeAsync(4 * PROBE_INTERVAL_MS);
    expect(probed).toEqual([3000, 3000, 3000, 3000, 3000]);
    expect(opened).toEqual([]);
    open.add(3000);
    await vi.advanceTimersByTimeAsync(PROBE_INTERVAL_MS);
    expect(opened).toEqual(["first", "second"]);
  });

  test("runs nothing where nobody waits", async () => {
    const { open, probed, opened, watch } = createWatches();
    expect(vi.getTimerCount()).toBe(0);
    watch(3000, "stopped")();
    expect(vi.getTimerCount()).toBe(0);
    watch(4000, "opened");
    open.add(4000);
    await vi.advanceTimersByTimeAsync(PROBE_INTERVAL_MS);
    expect(opened).toEqual(["opened"]);
    expect(vi.getTimerCount()).toBe(0);
    const before = probed.length;
    await vi.advanceTimersByTimeAsync(10 * PROBE_INTERVAL_MS);
    expect(probed.length).toBe(before);
  });

  test("does not probe while a port is reported to be closed, and at once when that changes", async () => {
    const { open, hidden, probed, opened, watches, watch } = createWatches();
    hidden.add(3000);
    watch(3000, "opened");
    await vi.advanceTimersByTimeAsync(10 * PROBE_INTERVAL_MS);
    expect(probed).toEqual([]);
    hidden.clear();
    open.add(3000);
    watches.check();
    await vi.advanceTimersByTimeAsync(0);
    expect(opened).toEqual(["opened"]);
  });

  test("begins no probe before the last one of the port has ended", async () => {
    let begun = 0;
    const watches = new PortWatches({
      mayBeOpen: () => true,
      isOpen() {
        begun++;
        return new Promise(() => {});
      },
    });
    watches.watch(3000, () => {});
    await vi.advanceTimersByTimeAsync(10 * PROBE_INTERVAL_MS);
    expect(begun).toBe(1);
  });

  test("does not call who has stopped while the port was probed, nor anybody after the end", async () => {
    const { open, opened, watches, watch } = createWatches();
    open.add(3000);
    watch(3000, "stopped")();
    watch(3000, "ended");
    watches.end();
    await vi.advanceTimersByTimeAsync(PROBE_INTERVAL_MS);
    expect(opened).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
