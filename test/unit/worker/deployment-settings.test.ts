import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { unstable_readConfig } from "wrangler";

test("wrangler.toml switches on nothing that logs URLs: a link's hostname opens the link", () => {
  const config = fileURLToPath(new URL("../../../wrangler.toml", import.meta.url));
  const { observability, logpush, tail_consumers } = unstable_readConfig({ config });
  expect(observability).toEqual({ logs: { enabled: true, invocation_logs: false } });
  expect([logpush, tail_consumers]).toEqual([undefined, undefined]);
});

test("wrangler.toml lets the Worker decide before any asset is served, so that no preview hostname shows one", () => {
  const config = fileURLToPath(new URL("../../../wrangler.toml", import.meta.url));
  const { assets, minify, keep_names } = unstable_readConfig({ config });
  expect(assets).toMatchObject({ run_worker_first: true, html_handling: "none", not_found_handling: "none" });
  expect([minify, keep_names]).toEqual([true, true]);
});
