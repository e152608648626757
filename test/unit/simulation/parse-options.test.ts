import { describe, expect, test } from "vitest";
import { parseOptions } from "../../../simulation/parse-options.ts";
import { BASE } from "../../../simulation/scenario.ts";

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
