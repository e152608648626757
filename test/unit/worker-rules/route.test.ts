import { describe, expect, test } from "vitest";
import type { Route } from "../../../worker/objects/route.ts";
import { mayAttach, rememberEnded, startsInFuture } from "../../../worker/objects/route.ts";
import { FIRST_KEYS, findRevision, rotate, validVersions } from "../../../worker/objects/signing-keys.ts";

const START_MS = 1_800_000_000_000;
const CURRENT: Route = {
  hostId: "host-1",
  origin: "https://host-1.test",
  generation: `${START_MS}-aaaaaaaa`,
  ports: [],
  attachedAt: START_MS,
};

function offer(hostId: string, startMs: number) {
  return { hostId, generation: `${startMs}-bbbbbbbb` };
}

describe("mayAttach()", () => {
  test.each([
    ["the first generation", undefined, [], offer("host-1", START_MS), true],
    ["the current generation, again", CURRENT, [], CURRENT, true],
    ["a newer one of the same host", CURRENT, [], offer("host-1", START_MS + 1), true],
    ["one of the same host and millisecond", CURRENT, [], offer("host-1", START_MS), true],
    ["an older one of the same host", CURRENT, [], offer("host-1", START_MS - 1), false],
    ["a newer one of another host", CURRENT, [], offer("host-2", START_MS + 1), true],
    [
      "one of another host within its clock's tolerance",
      CURRENT,
      [],
      offer("host-2", START_MS - 120_000),
      true,
    ],
    ["one of another host that is certainly older", CURRENT, [], offer("host-2", START_MS - 120_001), false],
    ["one that has ended, with nothing attached", undefined, [CURRENT.generation], CURRENT, false],
    [
      "one that has ended, although it seems newer",
      CURRENT,
      [offer("", START_MS + 9).generation],
      offer("host-1", START_MS + 9),
      false,
    ],
  ])("decides about %s", (_case, current, ended, offered, expected) => {
    expect(mayAttach(current, ended, offered)).toBe(expected);
  });
});

describe("rememberEnded()", () => {
  test("remembers the last sixteen, each once, the newest last", () => {
    let ended: string[] = [];
    for (let count = 0; count < 20; count++) ended = rememberEnded(ended, `g${count}`);
    expect(ended).toEqual(Array.from({ length: 16 }, (_, index) => `g${index + 4}`));
    expect(rememberEnded(ended, "g4").slice(-2)).toEqual(["g19", "g4"]);
    expect(rememberEnded(ended, "g4")).toHaveLength(16);
  });

  test("leaves the list it was given alone", () => {
    const ended = Object.freeze(["g1"]);
    expect(rememberEnded(ended, "g2")).toEqual(["g1", "g2"]);
  });
});

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

describe("startsInFuture()", () => {
  test.each([
    ["now", START_MS, false],
    ["as far ahead as two clocks may differ", START_MS + 120_000, false],
    ["further ahead", START_MS + 120_001, true],
  ])("decides about %s", (_case, startMs, expected) => {
    expect(startsInFuture(`${startMs}-aaaaaaaa`, START_MS)).toBe(expected);
  });
});
