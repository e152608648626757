import { beforeAll, describe, expect, test } from "vitest";
import type { EdgeModules } from "../../../simulation/platform/edge-modules.ts";
import { loadEdgeModules } from "../../../simulation/platform/edge-modules.ts";
import { sumPrice } from "../../../simulation/price/price-usage.ts";
import { toGbMonths } from "../../../simulation/price/usage.ts";
import type { Scenario } from "../../../simulation/scenario.ts";
import { BASE } from "../../../simulation/scenario.ts";
import { simulate } from "../../../simulation/simulate.ts";

describe("simulate()", () => {
  const SMALL: Scenario = {
    ...BASE,
    title: "small",
    fleet: { hosts: 5, sandboxesPerHost: 8, sandboxesPerWorkspace: 4 },
    perSecond: 200,
    isolates: 6,
    isolatesPerSandbox: 3,
    sandboxLifeS: 60,
    portChangesPerSecond: 1,
    revocations: 3,
    limitChanges: 2,
    silentHosts: 0,
    warmUpS: 2,
    seconds: 15,
  };
  let modules: EdgeModules;
  beforeAll(async () => {
    modules = await loadEdgeModules();
  });

  test("drives the edge's own API without a call that fails, and loses no guest", async () => {
    const figures = await simulate(modules, { ...SMALL, portChangesPerSecond: 0 });
    expect(figures.failures).toEqual([]);
    expect(figures.refused.host_unreachable).toBeUndefined();
    expect(figures.calls["HOST reconcile"]).toBeGreaterThan(0);
    expect(figures.calls["SANDBOX attach"]).toBeGreaterThan(0);
    expect(figures.calls["SANDBOX mintLink"]).toBeGreaterThan(0);
    expect(figures.requests).toBeGreaterThan(15 * 200 * 0.8);
  });

  test("prices every part of what it has used, and their sum", async () => {
    const { price, dollars, usage, causes, dollarsWithFewestLines, dollarsWithMostLines } = await simulate(
      modules,
      SMALL,
    );
    // Nothing deletes from KV or lists it, and a small fleet's values in KV cost next to nothing.
    const { kvDeletes, kvLists, kvGbMonths, ...parts } = price;
    for (const [part, of] of Object.entries(parts)) expect([part, of > 0]).toEqual([part, true]);
    expect(sumPrice(price)).toBeCloseTo(dollars, 9);
    expect(dollarsWithFewestLines).toBeLessThanOrEqual(dollars);
    expect(dollarsWithMostLines).toBeGreaterThanOrEqual(dollars);
    const causedRows = Object.values(causes).reduce((sum, { rowsWritten }) => sum + rowsWritten, 0);
    expect(causedRows).toBeCloseTo(usage.rowsWritten, 6);
    expect(causes.attach?.times).toBeCloseTo(causes.attach!.objectCalls / 5, 0);
  });

  test("prices the alarm and the storage of each ended sandbox that had a link, until that alarm", async () => {
    const linked = await simulate(modules, { ...SMALL, linkedShare: 1 });
    const ended = linked.calls["SANDBOX detach"]!;
    expect(linked.usage.alarms).toBeGreaterThan(0.9 * ended);
    const eightDaysOf12KiB = toGbMonths(12_288, 8 * 86_400);
    expect(linked.usage.retainedGbMonths).toBeGreaterThan(0.9 * ended * eightDaysOf12KiB);
    // All of a small fleet have visitors, whose limit must be remembered for some seconds.
    const { usage, calls } = await simulate(modules, { ...SMALL, linkedShare: 0, perSecond: 1 });
    expect(usage.alarms).toBeLessThan(0.5 * calls["SANDBOX detach"]!);
  });

  test("is the same for the same seed", async () => {
    const quiet = { ...SMALL, churn: false, seconds: 3 };
    const first = await simulate(modules, quiet);
    expect(await simulate(modules, quiet)).toEqual(first);
    expect(await simulate(modules, { ...quiet, seed: 2 })).not.toEqual(first);
  });

  test("restores the clock and fetch", async () => {
    const { Date: wallDate, fetch: wallFetch } = globalThis;
    await simulate(modules, { ...SMALL, seconds: 1 });
    expect(globalThis.Date).toBe(wallDate);
    expect(globalThis.fetch).toBe(wallFetch);
    expect(Math.abs(Date.now() - performance.timeOrigin - performance.now())).toBeLessThan(60_000);
  });

  test("sees a revocation take effect in time, and not at once", async () => {
    const { worstRevocationS } = await simulate(modules, { ...SMALL, seconds: 20 });
    expect(worstRevocationS).toBeGreaterThan(0);
    expect(worstRevocationS).toBeLessThanOrEqual(5);
  });

  test("sees a changed limit take effect in time, and not at once", async () => {
    const { worstLimitChangeS } = await simulate(modules, { ...SMALL, seconds: 40 });
    expect(worstLimitChangeS).toBeGreaterThan(0);
    expect(worstLimitChangeS).toBeLessThanOrEqual(60);
  });

  test("counts one object call per request where each may admit only one", async () => {
    const seldom = {
      ...SMALL,
      churn: false,
      defaultLimits: true,
      requestsPerVisit: 1,
      perSecond: 4,
      seconds: 60,
    };
    const { admitCalls, admittedShare } = await simulate(modules, seldom);
    expect(admittedShare).toBeGreaterThan(0.9);
    expect(admitCalls).toBeGreaterThan(850);
    expect(admitCalls).toBeLessThan(1_050);
  });

  test("finds a silent host refused after a minute", async () => {
    const silent = { ...SMALL, silentHosts: 1, warmUpS: 1, seconds: 70, revocations: 0, limitChanges: 0 };
    const { worstSilenceS, refused } = await simulate(modules, silent);
    expect(refused.host_unreachable).toBeGreaterThan(0);
    expect(worstSilenceS).toBeGreaterThan(55);
    expect(worstSilenceS).toBeLessThan(70);
  });
});
