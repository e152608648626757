import { describe, expect, test } from "vitest";
import { PRICE_LIST } from "../../../../simulation/price/price-list.ts";
import { priceUsage, sumPrice } from "../../../../simulation/price/price-usage.ts";
import type { Usage } from "../../../../simulation/price/usage.ts";

const MILLION = 1_000_000;
const NOTHING = Object.fromEntries(Object.keys(PRICE_LIST).map((part) => [part, 0])) as unknown as Usage;

describe("priceUsage()", () => {
  // Use beside a million requests of visitors, and its price by Cloudflare's price list.
  test.each<[keyof Usage, number, number]>([
    ["requests", MILLION, 0.3],
    ["cpuMs", 250_000, 0.005],
    ["apiRequests", 70_000, 0.021],
    ["apiCpuMs", 300_000, 0.006],
    ["objectCalls", MILLION, 0.15],
    ["alarms", 28_000, 0.0042],
    ["objectSeconds", 3_000, 0.0048],
    ["rowsWritten", MILLION, 1],
    ["rowsRead", 8 * MILLION, 0.008],
    ["kvReads", 100_000, 0.05],
    ["kvWrites", 1_000, 0.005],
    ["kvDeletes", 1_000, 0.005],
    ["kvLists", 1_000, 0.005],
    ["kvGbMonths", 1, 0.5],
    ["liveGbMonths", 1, 0.2],
    ["retainedGbMonths", 1, 0.2],
    ["logLines", 100_000, 0.06],
  ])("prices %s alone", (part, used, dollars) => {
    const price = priceUsage({ ...NOTHING, requests: MILLION, [part]: used });
    expect(price[part]).toBeCloseTo(dollars, 9);
    expect(sumPrice(price)).toBeCloseTo(part === "requests" ? 0.3 : 0.3 + dollars, 9);
  });

  test("lets visitors' requests bear everything: half as many for the same use cost twice as much each", () => {
    const usage = { ...NOTHING, requests: MILLION, objectCalls: MILLION, rowsWritten: 200_000 };
    const half = priceUsage({ ...usage, requests: MILLION / 2 });
    expect(half.requests).toBeCloseTo(0.3, 9);
    expect(half.objectCalls).toBeCloseTo(0.3, 9);
    expect(half.rowsWritten).toBeCloseTo(0.4, 9);
  });

  test("prices an object call of 10 ms on each request as Cloudflare's documentation does", () => {
    const usage = {
      ...NOTHING,
      requests: MILLION,
      cpuMs: MILLION,
      objectCalls: MILLION,
      objectSeconds: 10_000,
    };
    expect(sumPrice(priceUsage(usage))).toBeCloseTo(0.3 + 0.02 + 0.15 + 0.016, 9);
  });

  test("has no price where there are storage without an end, or no requests", () => {
    const endless = { ...NOTHING, requests: MILLION, retainedGbMonths: Infinity };
    expect(sumPrice(priceUsage(endless))).toBe(Infinity);
    expect(sumPrice(priceUsage(NOTHING))).toBeNaN();
  });
});

describe("sumPrice()", () => {
  test("adds all parts", () => {
    const ones = Object.fromEntries(Object.keys(PRICE_LIST).map((part) => [part, 1])) as unknown as Usage;
    expect(sumPrice(ones)).toBe(Object.keys(PRICE_LIST).length);
  });
});
