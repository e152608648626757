import { describe, expect, test } from "vitest";
import { rewriteLinkTargets } from "../../../../../connector/relay/policy/rewrite-link-targets.ts";

describe("rewriteLinkTargets()", () => {
  test.for([
    ["<a>; rel=next, <b>", "<[a]>; rel=next, <[b]>"],
    ["<>", "<[]>"],
    ["<a<b>", "<a<[b]>"],
    ["a>b<c", "a>b<c"],
    ["", ""],
  ] as const)("makes %j into %j", ([value, expected]) => {
    expect(rewriteLinkTargets(value, (url) => `[${url}]`)).toBe(expected);
  });
});
