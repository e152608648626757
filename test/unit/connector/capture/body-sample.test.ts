import { describe, expect, test } from "vitest";
import { BodySample } from "../../../../connector/capture/body-sample.ts";
import { DEFAULT_CAPTURE_LIMITS } from "../../../../connector/capture/capture-limits.ts";
import { AllOpenMemory, OpenMemory } from "../../../../connector/capture/open-memory.ts";

const MAX = DEFAULT_CAPTURE_LIMITS.maxBodyBytes;

function createMemory(): OpenMemory {
  return new OpenMemory(DEFAULT_CAPTURE_LIMITS, new AllOpenMemory(DEFAULT_CAPTURE_LIMITS), "a");
}

describe("BodySample", () => {
  test.each([1, 7, 1000, MAX, MAX + 1])("keeps the beginning of a body in pieces of %i bytes", (size) => {
    const all = new AllOpenMemory(DEFAULT_CAPTURE_LIMITS);
    const sample = new BodySample(new OpenMemory(DEFAULT_CAPTURE_LIMITS, all, "a"), MAX);
    const body = Buffer.from(Array.from({ length: MAX + 5_000 }, (_, index) => index % 251));
    for (let start = 0; start < body.length; start += size)
      sample.add(body, start, Math.min(start + size, body.length));
    expect(Buffer.from(sample.text, "latin1").equals(body.subarray(0, MAX))).toBe(true);
    expect(sample.total).toBe(body.length);
    expect(sample.taken).toBe(MAX);
    expect(all.bytes).toBe(MAX);
  });

  test("copies: what a piece's memory holds later does not matter", () => {
    const sample = new BodySample(createMemory(), MAX);
    const piece = Buffer.from("abc");
    sample.add(piece, 0, 3);
    sample.add(piece, 1, 2);
    piece.fill("x");
    expect(sample.text).toBe("abcb");
  });

  test("keeps no more than the memory of all guests allows, and nothing behind a gap", () => {
    const limits = { ...DEFAULT_CAPTURE_LIMITS, maxOpenBytes: 2_000 };
    const all = new AllOpenMemory(limits);
    const first = new BodySample(new OpenMemory(limits, all, "a"), MAX);
    const second = new BodySample(new OpenMemory(limits, all, "b"), MAX);
    first.add(Buffer.alloc(1_500), 0, 1_500);
    second.add(Buffer.alloc(1_000, "a"), 0, 1_000);
    second.add(Buffer.from("b"), 0, 1);
    expect([first.text.length, second.text, second.total, all.bytes]).toEqual([1_500, "", 1_001, 1_500]);
  });

  test("only counts where bodies are not kept", () => {
    const sample = new BodySample(createMemory(), 0);
    sample.add(Buffer.from("abc"), 0, 3);
    expect([sample.text, sample.total, sample.taken]).toEqual(["", 3, 0]);
  });
});
