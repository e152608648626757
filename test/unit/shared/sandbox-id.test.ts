import { describe, expect, test } from "vitest";
import { parseSandboxId, sandboxIdFromBytes, sandboxIdToBytes } from "../../../shared/sandbox-id.ts";

const ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";

describe("parseSandboxId()", () => {
  test("returns lower case", () => {
    expect(parseSandboxId(ID)).toBe(ID);
    expect(parseSandboxId(ID.toUpperCase())).toBe(ID);
  });

  test.each([
    "",
    "x",
    ID.slice(1),
    `${ID}0`,
    ` ${ID}`,
    `${ID}\n`,
    `{${ID}}`,
    `urn:uuid:${ID}`,
    ID.replaceAll("-", ""),
    ID.replaceAll("-", "_"),
    ID.replace("f", "g"),
  ])("refuses %j", (text) => {
    expect(parseSandboxId(text)).toBeUndefined();
  });

  test("has 16 bytes, and sandboxIdFromBytes() is its inverse", () => {
    expect(sandboxIdToBytes(ID)).toHaveLength(16);
    expect(sandboxIdFromBytes(sandboxIdToBytes(ID))).toBe(ID);
    expect(sandboxIdFromBytes(new Uint8Array(16))).toBe("00000000-0000-0000-0000-000000000000");
  });
});
