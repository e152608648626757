import { describe, expect, test } from "vitest";
import type { Generation } from "../../../../shared/generation.ts";
import type { RefusalCode } from "../../../../shared/refusal/refusal.ts";
import type { EndedGeneration, HostStart, Route } from "../../../../worker/objects/route.ts";
import { checkAttach, rememberEnded, startsInFuture } from "../../../../worker/objects/route.ts";

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

describe("checkAttach()", () => {
  const ended = (hostId: string, start: HostStart): EndedGeneration => ({ ...start, hostId });

  test.each<[string, Route | undefined, EndedGeneration[], HostStart, RefusalCode | undefined]>([
    ["the first generation", undefined, [], offer("host-1", START_MS), undefined],
    ["the current generation, again", CURRENT, [], CURRENT, undefined],
    ["a newer one of the same host", CURRENT, [], offer("host-1", START_MS + 1), undefined],
    ["one of the same host and millisecond", CURRENT, [], offer("host-1", START_MS), undefined],
    ["an older one of the same host", CURRENT, [], offer("host-1", START_MS - 1), "generation_ended"],
    ["a newer one of another host", CURRENT, [], offer("host-2", START_MS + 1), undefined],
    [
      "one of another host within its clock's tolerance",
      CURRENT,
      [],
      offer("host-2", START_MS - 120_000),
      undefined,
    ],
    [
      "one of another host that is certainly older",
      CURRENT,
      [],
      offer("host-2", START_MS - 120_001),
      "conflict",
    ],
    ["one that has ended, with nothing attached", undefined, [CURRENT], CURRENT, "generation_ended"],
    [
      "one that has ended on a host that displaced this one",
      undefined,
      [CURRENT, ended("host-2", offer("host-2", START_MS + 1))],
      CURRENT,
      "conflict",
    ],
    [
      "one that has ended while another host has the sandbox",
      CURRENT,
      [offer("host-2", START_MS + 9)],
      offer("host-2", START_MS + 9),
      "conflict",
    ],
    [
      "one that has ended while the same host has a newer one",
      CURRENT,
      [offer("host-1", START_MS + 9)],
      offer("host-1", START_MS + 9),
      "generation_ended",
    ],
  ])("decides about %s", (_case, current, endedBefore, offered, code) => {
    expect(checkAttach(current, endedBefore, offered)?.code).toBe(code);
  });
});

describe("rememberEnded()", () => {
  const entry = (count: number): EndedGeneration => ({ generation: generation(count), hostId: "host-1" });

  test("remembers the last sixteen, each once, the newest last", () => {
    let ended: EndedGeneration[] = [];
    for (let count = 0; count < 20; count++) ended = rememberEnded(ended, entry(count));
    expect(ended).toEqual(Array.from({ length: 16 }, (_, index) => entry(index + 4)));
    expect(rememberEnded(ended, entry(4)).slice(-2)).toEqual([entry(19), entry(4)]);
    expect(rememberEnded(ended, entry(4))).toHaveLength(16);
  });

  test("leaves the list it was given alone", () => {
    const ended = Object.freeze([entry(1)]);
    expect(rememberEnded(ended, entry(2))).toEqual([entry(1), entry(2)]);
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
