import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { renderReference } from "../../../dev/assets/render-reference.ts";
import { REFERENCE_ASSETS } from "../../../worker/assets/asset-paths.ts";

test("the forms of the dashboard lead to calls that the API's reference has", async () => {
  const sources = globSync("dashboard/**/*.tsx").map((path) => readFileSync(path, "utf8"));
  const calls = sources.flatMap((source) =>
    Array.from(
      source.matchAll(/<CurlLink call=([^/]*)\/>/g),
      ([, value = ""]) => value.match(/[a-z]\w+(?=")/g) ?? [],
    ),
  );
  expect(calls.length).toBeGreaterThan(6);
  const page = (await renderReference())[REFERENCE_ASSETS.page] ?? "";
  for (const call of calls.flat().filter((name) => name !== "admin"))
    expect(page).toContain(`<article id="${call}"`);
});
