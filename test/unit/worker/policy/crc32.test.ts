import { crc32 as crc32OfZlib } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32 } from "../../../../worker/policy/crc32.ts";

describe("crc32()", () => {
  test("has the check value of ISO 3309", () => {
    expect(crc32("123456789")).toBe(0xcbf43926);
  });

  test("is zlib's, for ASCII texts", () => {
    const ascii = fc.string({ unit: "binary-ascii", maxLength: 200 });
    fc.assert(fc.property(ascii, (text) => crc32(text) === crc32OfZlib(text)));
  });
});
