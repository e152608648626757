import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createGeneration,
  generationStartMs,
  isGeneration,
  startedBefore,
} from "../../../shared/generation.ts";

const START_MS = 1_764_088_200_000;
const MAX_START_MS = 9_999_999_999_999;

describe("createGeneration()", () => {
  test("makes a generation that isGeneration() accepts and generationStartMs() reads, for any start", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX_START_MS }), (startMs) => {
        const generation = createGeneration(startMs);
        expect(isGeneration(generation)).toBe(true);
        expect(generationStartMs(generation)).toBe(startMs);
      }),
    );
  });

  test("begins with unix milliseconds in 13 digits", () => {
    expect(createGeneration(START_MS)).toMatch(/^1764088200000-[0-9a-f]{8}$/);
    expect(createGeneration(5)).toMatch(/^0000000000005-[0-9a-f]{8}$/);
  });

  test("makes different generations for starts in one millisecond", () => {
    const generations = Array.from({ length: 100 }, () => createGeneration(START_MS));
    expect(new Set(generations).size).toBe(100);
  });
});

describe("isGeneration()", () => {
  test("accepts any characters of a-z and 0-9 after the dash", () => {
    expect(isGeneration("1764088200000-zz09az9q")).toBe(true);
  });

  test.each([
    "",
    "1764088200000",
    "1764088200000-",
    "1764088200000-1a2b3c4",
    "1764088200000-1a2b3c4d5",
    "1764088200000-1A2B3C4D",
    "1764088200000_1a2b3c4d",
    "176408820000-1a2b3c4d",
    "17640882000000-1a2b3c4d",
    "-764088200000-1a2b3c4d",
    "1764088200.00-1a2b3c4d",
    " 1764088200000-1a2b3c4d",
    "1764088200000-1a2b3c4d\n",
    "１764088200000-1a2b3c4d",
  ])("refuses %j", (text) => {
    expect(isGeneration(text)).toBe(false);
  });
});

describe("startedBefore()", () => {
  test("compares the starts, and calls two in one millisecond neither earlier nor later", () => {
    const early = createGeneration(999);
    const late = createGeneration(START_MS);
    expect([startedBefore(early, late), startedBefore(late, early)]).toEqual([true, false]);
    expect(startedBefore(late, createGeneration(START_MS))).toBe(false);
    expect(startedBefore(createGeneration(START_MS), late)).toBe(false);
  });
});
