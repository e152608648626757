import { expect, test } from "vitest";
import { sha256Hex } from "../../../shared/sha256-hex.ts";

/** FIPS 180-2, appendix B.1, and the digest of nothing. */
test.each([
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
])("sha256Hex() of %j is %s", async (text, expected) => {
  expect(await sha256Hex(text)).toBe(expected);
});
