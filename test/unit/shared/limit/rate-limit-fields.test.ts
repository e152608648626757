import { expect, test } from "vitest";
import { rateLimitFields } from "../../../../shared/limit/rate-limit-fields.ts";

test.each([
  [{ perSecond: 1, burst: 10 }, 9, 1, `"default";q=10;w=10`, `"default";r=9;t=1`],
  [{ perSecond: 3, burst: 10 }, 0, 1, `"default";q=10;w=4`, `"default";r=0;t=1`],
  [{ perSecond: 1000, burst: 1 }, 0, 1, `"default";q=1;w=1`, `"default";r=0;t=1`],
  [{ perSecond: 0.01, burst: 1 }, 0, 100, `"default";q=1;w=100`, `"default";r=0;t=100`],
])("rateLimitFields() of %o with %i left", (limit, remaining, resetS, policy, state) => {
  expect(rateLimitFields({ limit, remaining, resetS })).toEqual([
    ["ratelimit-policy", policy],
    ["ratelimit", state],
  ]);
});

test("rateLimitFields() names each budget", () => {
  const quota = { remaining: 0, resetS: 2 };
  expect(
    rateLimitFields(
      { ...quota, limit: { perSecond: 32, burst: 320 }, budget: "sandbox" },
      { ...quota, limit: { perSecond: 5, burst: 300 }, budget: "page" },
    ),
  ).toEqual([
    ["ratelimit-policy", `"sandbox";q=320;w=10, "page";q=300;w=60`],
    ["ratelimit", `"sandbox";r=0;t=2, "page";r=0;t=2`],
  ]);
});
