import { describe, expect, test } from "vitest";
import { PlanError, readPlan } from "../../../../connector/supervisor/read-plan.ts";

function read(script: string) {
  return readPlan([process.execPath, "--eval", script], "/config.json");
}

describe("readPlan()", () => {
  test("gives the configuration, or the sentence with which it was refused", async () => {
    const plan = `console.log(JSON.stringify({ config: process.argv.slice(1) }))`;
    expect(await read(plan)).toEqual({ config: ["plan", "--config", "/config.json"] });
    const refused = `console.error("preview-connector: no key"); process.exit(1)`;
    await expect(read(refused)).rejects.toThrow(new PlanError("no key"));
  });

  test("rejects what is not JSON, and does not throw past its caller", async () => {
    await expect(read(`console.log("a warning"); console.log("{}")`)).rejects.toThrow(PlanError);
  });
});
