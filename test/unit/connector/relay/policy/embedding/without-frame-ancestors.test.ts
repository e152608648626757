import { describe, expect, test } from "vitest";
import { withoutFrameAncestors } from "../../../../../../connector/relay/policy/embedding/without-frame-ancestors.ts";

describe("withoutFrameAncestors()", () => {
  test.each([
    ["frame-ancestors 'none'", undefined],
    ["frame-ancestors", undefined],
    ["frame-ancestors 'self'; frame-ancestors *", undefined],
    ["frame-ancestors 'none', frame-ancestors 'self'", undefined],
    ["default-src 'self'; frame-ancestors 'none'", "default-src 'self'"],
    ["frame-ancestors 'none'; default-src 'self'", "default-src 'self'"],
    ["default-src 'self'; FRAME-Ancestors\t'none' ;img-src *", "default-src 'self';img-src *"],
    ["default-src 'self', frame-ancestors 'none'; img-src *", "default-src 'self', img-src *"],
    ["default-src 'self'; frame-ancestors-x 'none'", "default-src 'self'; frame-ancestors-x 'none'"],
    ["default-src frame-ancestors", "default-src frame-ancestors"],
    ["default-src 'self';  img-src * ;", "default-src 'self';  img-src * ;"],
    ["", ""],
  ])("makes %j into %j", (value, expected) => {
    expect(withoutFrameAncestors(value)).toBe(expected);
  });
});
