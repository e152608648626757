import { describe, expect, test } from "vitest";
import { formatCosts } from "../../../../bench/edge/format-tables.ts";
import type { Round } from "../../../../bench/edge/judge-goals.ts";

const ROUND: Round = {
  respond: 30,
  floor: 100,
  floorCall: 200,
  leasedPublic: 125,
  leasedLink: 120,
  unleased: 230,
  limited: 60,
};

describe("formatCosts()", () => {
  test("has a row for each case, and dashes where nothing was counted", () => {
    const unleased = { objectCalls: 1000, kvReads: 0, objectKvReads: 0.4 };
    const lines = formatCosts([ROUND, ROUND], { unleased }).split("\n");
    expect(lines).toHaveLength(9);
    expect(lines[2]).toMatch(/30\.0 .*30\.0–30\.0 .*0\.30 .*–/);
    expect(lines[7]).toMatch(/unleased.*230\.0 .*2\.30 .*1000 .*0 .*0\.4/);
  });
});
