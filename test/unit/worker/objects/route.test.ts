import { describe, expect, test } from "vitest";
import type { Generation } from "../../../../shared/generation.ts";
import type { Route } from "../../../../worker/objects/route.ts";
import { mayAttach, rememberEnded, startsInFuture } from "../../../../worker/objects/route.ts";

const START_MS = 1_800_000_000_000;
const CURRENT: Route = {
  hostId: "host-1",
  origin: "https://host-1.test",
  generation: `${START_MS}-aaaaaaaa`,
  ports: [],
  attachedAtMs: START_MS,
};

function offer(hostId: string, startMs: number): { hostId: string; generation: Generation } {
  return { hostId, generation: `${startMs}-bbbbbbbb` };
}

function generation(count: number): Generation {
  return `${START_MS + count}-aaaaaaaa`;
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
    let ended: Generation[] = [];
    for (let count = 0; count < 20; count++) ended = rememberEnded(ended, generation(count));
    expect(ended).toEqual(Array.from({ length: 16 }, (_, index) => generation(index + 4)));
    expect(rememberEnded(ended, generation(4)).slice(-2)).toEqual([generation(19), generation(4)]);
    expect(rememberEnded(ended, generation(4))).toHaveLength(16);
  });

  test("leaves the list it was given alone", () => {
    const ended = Object.freeze([generation(1)]);
    expect(rememberEnded(ended, generation(2))).toEqual([generation(1), generation(2)]);
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
