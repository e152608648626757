import { describe, expect, test } from "vitest";
import { BASE, createScenarios } from "../../../simulation/scenario.ts";

describe("createScenarios()", () => {
  test("begins with the base, and gives each a title of its own", () => {
    const scenarios = createScenarios(BASE);
    expect(scenarios[0]).toBe(BASE);
    expect(new Set(scenarios.map(({ title }) => title)).size).toBe(scenarios.length);
  });
});
