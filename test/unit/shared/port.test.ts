import { describe, expect, test } from "vitest";
import { AGENT_PORT, isPort, parsePort } from "../../../shared/port.ts";

describe("parsePort()", () => {
  test.each([
    ["1", 1],
    ["80", 80],
    ["3000", 3000],
    ["65535", 65_535],
  ])("reads %s", (text, expected) => {
    expect(parsePort(text)).toBe(expected);
  });

  test.each([
    "",
    "0",
    "00",
    "080",
    "65536",
    "99999",
    "100000",
    "+80",
    "-80",
    " 80",
    "80 ",
    "8e1",
    "0x50",
    "3.5",
    "80\n",
    "８０",
  ])("refuses %j", (text) => {
    expect(parsePort(text)).toBeUndefined();
  });
});

describe("isPort()", () => {
  test.each([1, 3000, 65_535])("accepts %s", (value) => expect(isPort(value)).toBe(true));
  test.each([0, -1, 65_536, 3.5, Number.NaN, Number.POSITIVE_INFINITY, "3000", null, undefined, {}])(
    "refuses %s",
    (value) => expect(isPort(value)).toBe(false),
  );
  test("accepts the agent's port, which is below Linux's ephemeral range", () => {
    expect(isPort(AGENT_PORT)).toBe(true);
    expect(AGENT_PORT).toBeLessThan(32_768);
  });
});
