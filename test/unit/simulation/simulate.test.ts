import { beforeAll, describe, expect, test } from "vitest";
import { dollarsPerMillion, storageDollarsPerMillion } from "../../../simulation/cost.ts";
import type { EdgeModules } from "../../../simulation/edge-modules.ts";
import { loadEdgeModules } from "../../../simulation/edge-modules.ts";
import type { Figures } from "../../../simulation/figures.ts";
import { judgeGoals } from "../../../simulation/judge-goals.ts";
import { parseOptions } from "../../../simulation/parse-options.ts";
import { Random } from "../../../simulation/random.ts";
import type { Scenario } from "../../../simulation/scenario.ts";
import { BASE, createScenarios } from "../../../simulation/scenario.ts";
import { simulate } from "../../../simulation/simulate.ts";
import { replaceTables } from "../../../simulation/write-document.ts";
import { Zipf } from "../../../simulation/zipf.ts";

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

describe("Random", () => {
  test("is the same for the same seed", () => {
    const draw = (seed: number) =>
      Array.from({ length: 3 }, (_, index) => new Random(seed + index).fraction());
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(5));
  });

  test.each([
    ["poisson()", (random: Random) => random.poisson(2)],
    ["geometric()", (random: Random) => random.geometric(2)],
    ["below()", (random: Random) => random.below(5)],
  ])("%s has the mean that it is asked for", (_name, draw) => {
    const random = new Random(7);
    const draws = Array.from({ length: 20_000 }, () => draw(random));
    expect(draws.reduce((sum, value) => sum + value) / draws.length).toBeCloseTo(2, 1);
  });
});

describe("Zipf", () => {
  test("draws as often as its shares say, and its shares make one", () => {
    const zipf = new Zipf(10, 1);
    const random = new Random(3);
    const counts = new Array<number>(10).fill(0);
    for (let count = 0; count < 20_000; count++) counts[zipf.draw(random)]! += 1;
    for (const [index, count] of counts.entries()) expect(count / 20_000).toBeCloseTo(zipf.share(index), 1);
    expect(counts.reduce((sum, _, index) => sum + zipf.share(index), 0)).toBeCloseTo(1, 9);
    expect(zipf.share(0) / zipf.share(4)).toBeCloseTo(5, 9);
  });
});

describe("bench:scale judgeGoals()", () => {
  const figures = {
    peaks: { SANDBOX: 499, WORKSPACE: 1, HOST: 2 },
    worstRevocationS: 5,
    worstLimitChangeS: 60,
    dollars: 0.47,
  } as Figures;

  test("calls goals met at their limits", () => {
    expect(judgeGoals(figures).map(({ met }) => met)).toEqual([true, true, true, true]);
  });

  test.each([
    [{ peaks: { SANDBOX: 1, WORKSPACE: 500, HOST: 2 } }, "calls of the busiest object in one second"],
    [{ worstRevocationS: 5.001 }, "worst delay of a revocation"],
    [{ worstLimitChangeS: 60.001 }, "worst delay of a limit change"],
    [{ dollars: 0.471 }, "dollars per million requests"],
  ])("misses with %j", (changed, measure) => {
    const missed = judgeGoals({ ...figures, ...changed } as Figures).filter(({ met }) => !met);
    expect(missed).toMatchObject([{ measure }]);
  });

  test("says nothing about what was not seen", () => {
    expect(judgeGoals({ ...figures, worstRevocationS: undefined })).toHaveLength(3);
  });
});

describe("bench:scale parseOptions()", () => {
  test("writes the document after a whole run only", () => {
    expect(parseOptions(["--json"])).toMatchObject({ json: true, base: BASE, variants: true, write: true });
    for (const args of [["--quick"], ["--base-only"], ["--seconds", "5"], ["--seed", "2"]])
      expect(parseOptions(args).write).toBe(false);
  });

  test("lets a sandbox's visitors come through no more isolates than there are", () => {
    expect(parseOptions(["--isolates", "4"]).base).toMatchObject({ isolates: 4, isolatesPerSandbox: 4 });
  });
});

describe("replaceTables()", () => {
  const text = "before\n<!-- bench:scale writes from here -->\nold\n<!-- to here -->\nafter\n";

  test("changes what is between the marks, and does so again", () => {
    const once = replaceTables(text, "new");
    expect(once).toContain("before");
    expect(once).toContain("after");
    expect(once).not.toContain("old");
    expect(replaceTables(once, "new")).toBe(once);
  });

  test("refuses a text without marks", () => {
    expect(() => replaceTables("nothing", "new")).toThrow("must have");
  });
});

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
    expect(figures.rowsWritten).toBeGreaterThan(0);
    expect(figures.requests).toBeGreaterThan(15 * 200 * 0.8);
  });

  test("is the same for the same seed", async () => {
    const quiet = { ...SMALL, churn: false, seconds: 3 };
    const first = await simulate(modules, quiet);
    expect(await simulate(modules, quiet)).toEqual(first);
    expect(await simulate(modules, { ...quiet, seed: 2 })).not.toEqual(first);
  });

  test("gives the clock and fetch back", async () => {
    const { Date: wallDate, fetch: wallFetch } = globalThis;
    await simulate(modules, { ...SMALL, seconds: 1 });
    expect(globalThis.Date).toBe(wallDate);
    expect(globalThis.fetch).toBe(wallFetch);
    expect(Math.abs(Date.now() - performance.timeOrigin - performance.now())).toBeLessThan(60_000);
  });

  test("sees a revocation obeyed in time, and not at once", async () => {
    const { worstRevocationS } = await simulate(modules, { ...SMALL, seconds: 20 });
    expect(worstRevocationS).toBeGreaterThan(0);
    expect(worstRevocationS).toBeLessThanOrEqual(5);
  });

  test("sees a changed limit obeyed in time, and not at once", async () => {
    const { worstLimitChangeS } = await simulate(modules, { ...SMALL, seconds: 40 });
    expect(worstLimitChangeS).toBeGreaterThan(0);
    expect(worstLimitChangeS).toBeLessThanOrEqual(60);
  });

  test("sees one object call per request where each may admit only one", async () => {
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

describe("createScenarios()", () => {
  test("begins with the base, and gives each a title of its own", () => {
    const scenarios = createScenarios(BASE);
    expect(scenarios[0]).toBe(BASE);
    expect(new Set(scenarios.map(({ title }) => title)).size).toBe(scenarios.length);
  });
});
