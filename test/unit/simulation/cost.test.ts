import { describe, expect, test } from "vitest";
import { dollarsPerMillion, storageDollarsPerMillion } from "../../../simulation/cost.ts";

describe("dollarsPerMillion()", () => {
  const usage = { requests: 1_000_000, cpuMsPerRequest: 1, kvReads: 0, objectCalls: 0, objectSeconds: 0 };

  test.each([
    ["KV and an object on each request", { kvReads: 1_000_000, objectCalls: 1_000_000 }, 0.97],
    ["an object call on each", { objectCalls: 1_000_000 }, 0.47],
    ["leases of ten", { objectCalls: 100_000 }, 0.335],
    ["objects that work for 10 ms on each", { objectCalls: 1_000_000, objectSeconds: 10_000 }, 0.486],
    ["half as many requests for the same", { requests: 500_000, objectCalls: 500_000 }, 0.47],
  ])("of %s", (_case, used, dollars) => {
    expect(dollarsPerMillion({ ...usage, ...used })).toBeCloseTo(dollars, 6);
  });

  test("storageDollarsPerMillion() prices writes far above reads", () => {
    const rows = { requests: 1_000_000, kvWrites: 1_000, rowsWritten: 100_000, rowsRead: 1_000_000 };
    expect(storageDollarsPerMillion(rows)).toBeCloseTo(0.005 + 0.1 + 0.001, 9);
  });
});
