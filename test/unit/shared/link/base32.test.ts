import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase32, encodeBase32 } from "../../../../shared/link/base32.ts";

/** RFC 4648, section 10, lower case and without padding. */
const VECTORS: [string, string][] = [
  ["", ""],
  ["f", "my"],
  ["fo", "mzxq"],
  ["foo", "mzxw6"],
  ["foob", "mzxw6yq"],
  ["fooba", "mzxw6ytb"],
  ["foobar", "mzxw6ytboi"],
];
const ALPHABET = [..."abcdefghijklmnopqrstuvwxyz234567"];

describe("encodeBase32()", () => {
  test.each(VECTORS)("encodes %j as RFC 4648 does", (text, expected) => {
    expect(encodeBase32(new TextEncoder().encode(text))).toBe(expected);
  });

  test("fills a DNS label with 39 bytes", () => {
    expect(encodeBase32(new Uint8Array(39))).toHaveLength(63);
  });
});

describe("decodeBase32()", () => {
  test.each(VECTORS)("decodes to %j what RFC 4648 encodes", (text, encoded) => {
    expect(decodeBase32(encoded)).toEqual(new TextEncoder().encode(text));
  });

  test.each([
    ["upper case", "MZXW6"],
    ["padding", "my======"],
    ["a length of 1", "m"],
    ["a length of 3", "mzx"],
    ["a length of 6", "mzxw6y"],
    ["non-zero trailing bits", "mz"],
    ["1, which reads as l", "m1"],
    ["0, which reads as o", "m0"],
    ["8", "m8"],
    ["a space", "my "],
    ["a dash", "m-"],
    ["a letter of another script", "mу"],
  ])("refuses %s", (_case, text) => {
    expect(decodeBase32(text)).toBeUndefined();
  });

  test("is the inverse of encodeBase32()", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(decodeBase32(encodeBase32(bytes))).toEqual(bytes);
      }),
    );
  });

  test("accepts exactly one encoding of each value", () => {
    const text = fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 64 });
    fc.assert(
      fc.property(text, (encoded) => {
        const bytes = decodeBase32(encoded);
        if (bytes !== undefined) expect(encodeBase32(bytes)).toBe(encoded);
      }),
      { numRuns: 1000 },
    );
  });
});
