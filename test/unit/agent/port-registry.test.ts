import { describe, expect, test } from "vitest";
import { DIRECT, LOOPBACK_V4, LOOPBACK_V6 } from "../../../agent/kernel/parse-listener.ts";
import { PortRegistry } from "../../../agent/port-registry.ts";
import { MAX_AGENT_LINE_BYTES, MAX_WAITING_PORTS } from "../../../shared/protocol/agent-protocol.ts";

function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

function listening(ports: readonly number[], reach = DIRECT): Map<number, number> {
  return new Map(ports.map((port) => [port, reach]));
}

function registered(registry: PortRegistry): number[] {
  return registry.scan().ports.map(({ port }) => port);
}

describe("PortRegistry", () => {
  test("reports what opened and what closed, once", () => {
    const registry = new PortRegistry(new Set());
    expect(registry.update(listening([3000]))).toEqual({
      open: [{ port: 3000, reach: "direct" }],
      close: [],
      waiting: [],
    });
    expect(registry.update(listening([3000]))).toBeUndefined();
    expect(registry.update(listening([]))).toEqual({ open: [], close: [3000], waiting: [] });
    expect(registry.update(listening([]))).toBeUndefined();
  });

  test("leaves excluded ports out", () => {
    const registry = new PortRegistry(new Set([22]));
    expect(registry.update(listening([22]))).toBeUndefined();
    expect(registry.scan()).toEqual({ ports: [], waiting: [] });
  });

  test.each([
    [DIRECT | LOOPBACK_V4, "direct"],
    [LOOPBACK_V4 | LOOPBACK_V6, "127.0.0.1"],
    [LOOPBACK_V6, "::1"],
  ])("reports reach %i as %s", (reach, expected) => {
    const registry = new PortRegistry(new Set());
    registry.update(listening([3000], reach));
    expect(registry.scan().ports).toEqual([{ port: 3000, reach: expected }]);
  });

  test("reports a port again whose reach has changed", () => {
    const registry = new PortRegistry(new Set());
    registry.update(listening([3000], LOOPBACK_V4));
    const change = registry.update(listening([3000], DIRECT));
    expect(change).toEqual({ open: [{ port: 3000, reach: "direct" }], close: [], waiting: [] });
  });

  test("registers 32 ports, lets the others wait, and serves them in order of arrival", () => {
    const registry = new PortRegistry(new Set());
    registry.update(listening(range(4000, 40)));
    expect(registered(registry)).toEqual(range(4000, 32));
    expect(registry.scan().waiting).toEqual(range(4032, 8));

    registry.update(listening([...range(4000, 40), 80]));
    const change = registry.update(listening([...range(4001, 39), 80]));
    expect(change).toEqual({
      open: [{ port: 4032, reach: "direct" }],
      close: [4000],
      waiting: [...range(4033, 7), 80],
    });
  });

  test("drops a waiting port that closes", () => {
    const registry = new PortRegistry(new Set());
    registry.update(listening(range(4000, 34)));
    expect(registry.update(listening(range(4000, 33)))).toEqual({ open: [], close: [], waiting: [4032] });
  });

  test("bounds the waiting ports, and the line that reports them", () => {
    const registry = new PortRegistry(new Set());
    registry.update(listening(range(5000, 60_000)));
    const scan = registry.scan();
    expect(scan.waiting).toHaveLength(MAX_WAITING_PORTS);
    expect(JSON.stringify(scan).length).toBeLessThan(MAX_AGENT_LINE_BYTES);

    const change = registry.update(listening(range(4000, 60_000), LOOPBACK_V4));
    expect(JSON.stringify(change).length).toBeLessThan(MAX_AGENT_LINE_BYTES);
  });

  test("accepts() only registered ports with a listener on that loopback address", () => {
    const registry = new PortRegistry(new Set());
    const ports = listening(range(4000, 32), LOOPBACK_V4).set(4032, LOOPBACK_V4).set(4000, DIRECT);
    registry.update(ports);
    expect(registry.accepts("127.0.0.1", 4001)).toBe(true);
    expect(registry.accepts("::1", 4001)).toBe(false);
    expect(registry.accepts("127.0.0.1", 4000)).toBe(false);
    expect(registry.accepts("127.0.0.1", 4032)).toBe(false);
  });
});
