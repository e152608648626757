import { describe, expect, test } from "vitest";
import { isList } from "../../../../../connector/relay/http1/is-list.ts";

describe("isList()", () => {
  test.for([
    ["text/html", false],
    ["text/html, text/plain", true],
    ['multipart/form-data; boundary="a,b"', false],
    ['multipart/form-data; boundary="a\\",b"', false],
    ['multipart/form-data; boundary="a", b', true],
    ["", false],
  ] as const)("takes %j for a list: %j", ([value, expected]) => {
    expect(isList(value)).toBe(expected);
  });
});
