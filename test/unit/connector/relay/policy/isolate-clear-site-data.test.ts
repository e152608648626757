import { describe, expect, test } from "vitest";
import { isolateClearSiteData } from "../../../../../connector/relay/policy/isolate-clear-site-data.ts";

describe("isolateClearSiteData()", () => {
  test.for([
    ['"cookies"', undefined],
    ['"*"', undefined],
    ['"cache", "cookies","storage"', '"cache", "storage"'],
    ['"executionContexts"', '"executionContexts"'],
    ['"Cookies", cookies, "unknown"', undefined],
    ["", undefined],
  ] as const)("makes %j into %j", ([value, expected]) => {
    expect(isolateClearSiteData(value)).toBe(expected);
  });
});
