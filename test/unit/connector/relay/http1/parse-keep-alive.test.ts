import { describe, expect, test } from "vitest";
import { parseKeepAliveMs } from "../../../../../connector/relay/http1/parse-keep-alive.ts";

const UNKNOWN = Number.POSITIVE_INFINITY;

describe("parseKeepAliveMs()", () => {
  test.for([
    ["timeout=5", 5_000],
    ["max=100, Timeout=5", 5_000],
    ["timeout=0", 0],
    ["timeout=999999999", 999_999_999_000],
    ["timeout=1000000000", UNKNOWN],
    ["timeout=", UNKNOWN],
    ["timeout=-1", UNKNOWN],
    ["timeout=5s", UNKNOWN],
    ["max=1", UNKNOWN],
    ["", UNKNOWN],
    [`${" ".repeat(128)}timeout=5`, UNKNOWN],
  ] as const)("reads %j as %d", ([value, expected]) => {
    expect(parseKeepAliveMs(value)).toBe(expected);
  });
});
