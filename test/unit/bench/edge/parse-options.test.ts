import { describe, expect, test } from "vitest";
import { parseOptions } from "../../../../bench/edge/parse-options.ts";

describe("bench:edge parseOptions()", () => {
  test("lets single amounts override --quick", () => {
    expect(parseOptions(["--quick", "--seconds", "2", "--json"])).toMatchObject({
      json: true,
      repeats: 3,
      seconds: 2,
      countSeconds: 5,
    });
  });
});
