import { describe, expect, test } from "vitest";
import { parseOperstate } from "../../../../../connector/guests/tap/parse-operstate.ts";

describe("parseOperstate()", () => {
  test.each([
    ["up", "up"],
    ["UP", "up"],
    ["unknown", "up"],
    ["down", "down"],
    ["DOWN", "down"],
  ])("takes %s as %s", (operstate, state) => {
    expect(parseOperstate(operstate)).toBe(state);
  });
});
