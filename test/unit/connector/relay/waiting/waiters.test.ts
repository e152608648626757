import { describe, expect, test } from "vitest";
import type { Waiter } from "../../../../../connector/relay/waiting/waiters.ts";
import { Waiters } from "../../../../../connector/relay/waiting/waiters.ts";
import { ClosedPort } from "../../../../support/relay/closed-port.ts";
import { destinationTo } from "../../../../support/relay/start-relay.ts";

const LIMITS = {
  maxWaitersPerClient: 8,
  maxWaitersPerSandbox: 20,
  waiterKeepAliveMs: 10_000,
  workspaceSharePercent: 25,
  sharesBindAtPercent: 50,
};
const MAX = 30;

class RecordedWaiter implements Waiter {
  readonly calls: string[] = [];
  onPortOpen(): void {
    this.calls.push("open");
  }
  onGuestClosed(): void {
    this.calls.push("closed");
  }
  keepAlive(): void {
    this.calls.push("alive");
  }
}

/** A table, and a port of one guest with what enters it. */
function createTable(limits = LIMITS) {
  const waiters = new Waiters(limits, MAX);
  const port = new ClosedPort(0);
  const enter = (clientIp: string, facts: { sandboxId?: string; port?: number; workspace?: string } = {}) => {
    const { sandboxId = "1", port: number = 3000, workspace = crypto.randomUUID() } = facts;
    const guest = guests.get(sandboxId) ?? { sandboxId, workspace };
    guests.set(sandboxId, guest);
    const waiter = new RecordedWaiter();
    const destination = destinationTo(number, {
      upstream: { ...port.upstream, guest, port: number },
      destination: { clientIp },
    });
    return { waiter, guest, leave: waiters.enter(destination, waiter) };
  };
  const guests = new Map<string, { sandboxId: string; workspace: string }>();
  return { waiters, port, enter };
}

describe("Waiters.enter()", () => {
  test("refuses the ninth of a client at a port, and admits it at another port or after one has left", () => {
    const { waiters, enter } = createTable();
    const entered = Array.from({ length: 8 }, () => enter("192.0.2.1"));
    expect(entered.every(({ leave }) => leave !== undefined)).toBe(true);
    expect(enter("192.0.2.1").leave).toBeUndefined();
    expect(enter("192.0.2.2").leave).toBeDefined();
    expect(enter("192.0.2.1", { port: 4000 }).leave).toBeDefined();
    entered[0]!.leave!();
    expect(enter("192.0.2.1").leave).toBeDefined();
    expect(enter("192.0.2.1").leave).toBeUndefined();
    expect(waiters.size).toBe(10);
  });

  test("counts a /64 of IPv6 as one client", () => {
    const { enter } = createTable();
    for (let index = 0; index < 8; index++) expect(enter(`2001:db8::${index}`).leave).toBeDefined();
    expect(enter("2001:db8::99").leave).toBeUndefined();
    expect(enter("2001:db8:0:1::1").leave).toBeDefined();
  });

  test("refuses beyond the places of a sandbox, and of all sandboxes", () => {
    const { waiters, enter } = createTable({ ...LIMITS, workspaceSharePercent: 100 });
    for (let index = 0; index < 20; index++) expect(enter(`192.0.2.${index}`).leave).toBeDefined();
    expect(enter("192.0.2.99").leave).toBeUndefined();
    for (let index = 0; index < 10; index++)
      expect(enter(`192.0.2.${index}`, { sandboxId: "2" }).leave).toBeDefined();
    expect(enter("192.0.2.99", { sandboxId: "2" }).leave).toBeUndefined();
    expect(waiters.size).toBe(MAX);
  });

  test("leaves a workspace a quarter of all places once half of them are taken", () => {
    const { waiters, enter } = createTable();
    const take = (client: number, workspace: string) =>
      enter(`192.0.2.${client}`, { sandboxId: `${workspace}-${client % 4}`, workspace }).leave;
    for (let client = 0; client < 15; client++) expect(take(client, "greedy")).toBeDefined();
    expect(take(15, "greedy")).toBeUndefined();
    const others = Array.from({ length: 8 }, (_, client) => take(client, "other"));
    expect(others.every((leave) => leave !== undefined)).toBe(true);
    expect(take(8, "other")).toBeUndefined();
    expect(take(0, "third")).toBeDefined();
    others[0]!();
    expect(take(8, "other")).toBeDefined();
    expect(waiters.size).toBe(24);
  });

  test("watches no port for a waiter that finds no place", () => {
    const { port, enter } = createTable();
    for (let index = 0; index < 9; index++) enter("192.0.2.1");
    expect(port.watched).toBe(8);
  });

  test("refuses where the port cannot be watched", () => {
    const waiters = new Waiters(LIMITS, MAX);
    const { upstream, ...rest } = destinationTo(3000);
    const { watch: _, ...unwatched } = upstream;
    expect(waiters.enter({ ...rest, upstream: unwatched }, new RecordedWaiter())).toBeUndefined();
    expect(waiters.size).toBe(0);
  });

  test("leaves nothing behind when all have left, each once or twice", () => {
    const { waiters, port, enter } = createTable();
    for (let round = 0; round < 3; round++) {
      for (const { leave } of Array.from({ length: 8 }, () => enter("192.0.2.1"))) {
        leave!();
        leave!();
      }
    }
    expect([waiters.size, port.watched]).toEqual([0, 0]);
  });
});

describe("Waiters.closeGuest()", () => {
  test("ends the waiters of that guest only", () => {
    const { waiters, port, enter } = createTable();
    const gone = enter("192.0.2.1");
    const kept = enter("192.0.2.1", { sandboxId: "2" });
    waiters.closeGuest(gone.guest);
    port.announce();
    expect(gone.waiter.calls).toEqual(["closed"]);
    expect(kept.waiter.calls).toEqual(["open"]);
    expect(waiters.size).toBe(1);
  });
});

describe("Waiters.tick()", () => {
  test("keeps the waiters' connections alive, once in the interval", () => {
    const { waiters, enter } = createTable();
    const { waiter } = enter("192.0.2.1");
    for (const nowMs of [1_000, 1_250, 10_999, 11_000, 11_250, 21_000]) waiters.tick(nowMs);
    expect(waiter.calls).toEqual(["alive", "alive"]);
  });

  test("counts the interval anew after a time without waiters", () => {
    const { waiters, enter } = createTable();
    enter("192.0.2.1").leave!();
    waiters.tick(1_000);
    const { waiter } = enter("192.0.2.1");
    for (const nowMs of [50_000, 59_999]) waiters.tick(nowMs);
    expect(waiter.calls).toEqual([]);
  });
});
