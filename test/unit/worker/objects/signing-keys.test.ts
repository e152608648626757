import { describe, expect, test } from "vitest";
import { FIRST_KEYS, findRevision, rotate, validVersions } from "../../../../worker/objects/signing-keys.ts";

const START_MS = 1_800_000_000_000;

describe("findRevision()", () => {
  const keys = { revision: 2, previous: [{ revision: 1, validUntilMs: START_MS }] };

  test.each([
    ["the current version", 2, START_MS, true],
    ["a previous one within its overlap", 1, START_MS - 1, true],
    ["a previous one at its end", 1, START_MS, false],
    ["one that was cut", 0, START_MS - 1, false],
    ["one that is yet to come", 3, START_MS - 1, false],
  ])("decides about %s", (_case, version, nowMs, expected) => {
    expect(findRevision(keys, version, nowMs)).toBe(expected ? version : undefined);
  });

  test("starts with version 0 alone", () => {
    expect(findRevision(FIRST_KEYS, 0, START_MS)).toBe(0);
    expect(findRevision(FIRST_KEYS, 1, START_MS)).toBeUndefined();
  });

  test("never takes a key for that of 32 rotations ago", () => {
    let keys = FIRST_KEYS;
    for (let count = 0; count < 32; count++) keys = rotate(keys, 0, START_MS);
    expect(findRevision(keys, 0, START_MS)).toBe(32);
  });

  test("gives up the oldest of 32 overlapping keys for the newest", () => {
    let keys = FIRST_KEYS;
    for (let count = 0; count < 32; count++) keys = rotate(keys, 1000, START_MS);
    expect(validVersions(keys, START_MS)).toHaveLength(32);
    expect(findRevision(keys, 0, START_MS)).toBe(32);
    expect(findRevision(keys, 1, START_MS)).toBe(1);
  });
});
