import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readFieldLine } from "../../../../../../connector/relay/http1/fields/field-line.ts";
import { findFieldLine } from "../../../../../../connector/relay/http1/fields/find-field-line.ts";

const BEFORE = "GET / HTTP/1.1\r\n";

function find(line: string) {
  const head = `${BEFORE}${line}Host: a\r\n\r\n`;
  return findFieldLine(head, BEFORE.length, BEFORE.length + line.length);
}

describe("findFieldLine()", () => {
  test("returns what readFieldLine() returns, the first time and the next", () => {
    const line = fc
      .tuple(
        fc.constantFrom("a", "Host", "content-length", "x y", ""),
        fc.constantFrom(":", ": ", " :", ""),
        fc.string({ unit: "binary-ascii", maxLength: 12 }).map((value) => value.replaceAll("\n", "\r")),
        fc.constantFrom("\r\n", " \r\n", "\t\r\n", "\n"),
      )
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(line, (text) => {
        expect(find(text)).toEqual(readFieldLine(text));
        expect(find(text)).toEqual(readFieldLine(text));
      }),
      { numRuns: 5_000 },
    );
  });

  test("keeps lines apart that share a slot", () => {
    const values = Array.from({ length: 5_000 }, (_, index) => `${index}`.padStart(8, "0"));
    for (let pass = 0; pass < 2; pass++)
      for (const value of values) expect(find(`x-a: ${value}-end\r\n`)?.value).toBe(`${value}-end`);
  });

  test("remembers a line, but neither one over 1 KiB nor a request's id", () => {
    const isRemembered = (line: string) => {
      const first = find(line);
      return find(line) === first;
    };
    expect(isRemembered("x-a: 1\r\n")).toBe(true);
    expect(isRemembered(`x-a: ${"1".repeat(1017)}\r\n`)).toBe(true);
    expect(isRemembered(`x-a: ${"1".repeat(1018)}\r\n`)).toBe(false);
    expect(isRemembered("Preview-Request-Id: 1\r\n")).toBe(false);
  });
});
