import { describe, expect, test } from "vitest";
import { parseWaitPreference } from "../../../../../connector/relay/waiting/parse-wait-preference.ts";

describe("parseWaitPreference()", () => {
  test.each([
    ["wait=10", 10],
    ["wait=0", 0],
    ['wait="7"', 7],
    [" WAIT = 5 ", 5],
    ["wait=5; strict", 5],
    ["respond-async, wait=100", 100],
    ["return=minimal; x=1, wait=3, wait=9", 3],
    ["wait=999999999", 999_999_999],
  ])("reads %j", (value, seconds) => {
    expect(parseWaitPreference([value])).toBe(seconds);
  });

  test.each([
    "",
    "wait",
    "wait=",
    "wait=-1",
    "wait=1.5",
    "wait=1e3",
    "wait=0x5",
    "wait=NaN",
    "wait=Infinity",
    "wait=1000000000",
    'wait="5',
    'wait="',
    "await=5",
    "wait-5",
    "x=wait=5",
    'x="a, wait=5"',
    ",,;,=,",
  ])("finds no time in %j", (value) => {
    expect(parseWaitPreference([value])).toBeUndefined();
  });

  test("reads the first of several fields that has one", () => {
    expect(parseWaitPreference(["respond-async", "wait=4", "wait=8"])).toBe(4);
    expect(parseWaitPreference([])).toBeUndefined();
  });

  test("takes linear time for the longest head", () => {
    const values = [",".repeat(32_000), ";".repeat(32_000), " ".repeat(32_000), "wait=".repeat(6_400)];
    const startedMs = performance.now();
    for (const value of values) expect(parseWaitPreference([value])).toBeUndefined();
    expect(performance.now() - startedMs).toBeLessThan(200);
  });
});
