import { describe, expect, test } from "vitest";
import { DEFAULT_CAPTURE_LIMITS, shareCaptureLimits } from "../../../../connector/capture/capture-limits.ts";
import { AllOpenMemory, OpenMemory } from "../../../../connector/capture/open-memory.ts";

const LIMITS = { ...DEFAULT_CAPTURE_LIMITS, maxOpenBytesPerSandbox: 100, maxOpenBytes: 1_000 };

/** Takes what is left, in pieces. */
function takeAll(memory: OpenMemory, piece = 10): number {
  let taken = 0;
  while (memory.take(piece)) taken += piece;
  return taken;
}

describe("OpenMemory", () => {
  test("gives a guest no more than its share, and again what was given back", () => {
    const memory = new OpenMemory(LIMITS, new AllOpenMemory(LIMITS), "a");
    expect(takeAll(memory)).toBe(100);
    memory.giveBack(50);
    expect(takeAll(memory)).toBe(50);
  });

  test("leaves half to others, however many sandboxes a workspace has", () => {
    const all = new AllOpenMemory(LIMITS);
    const create = (workspace: string) => new OpenMemory(LIMITS, all, workspace);
    const greedy = Array.from({ length: 20 }, () => create("greedy"));
    const taken = greedy.map((memory) => takeAll(memory)).reduce((sum, bytes) => sum + bytes);
    expect(taken).toBe(LIMITS.maxOpenBytes / 2);
    expect(takeAll(create("quiet"))).toBe(LIMITS.maxOpenBytesPerSandbox);
    for (const memory of greedy.slice(0, 3)) memory.giveBack(100);
    expect(all.bytes).toBe(300);
    const others = Array.from({ length: 20 }, (_, index) => create(`other-${index}`));
    for (const memory of others) takeAll(memory);
    expect(all.bytes).toBe(LIMITS.maxOpenBytes);
  });
});

test.each([1, 2, 5, 64])("shareCaptureLimits(): %i workers keep the limits of one together", (workers) => {
  const { maxOpenBytes, maxOpenBytesPerSandbox } = shareCaptureLimits(workers);
  expect(maxOpenBytes * workers).toBeLessThanOrEqual(DEFAULT_CAPTURE_LIMITS.maxOpenBytes);
  expect(maxOpenBytesPerSandbox * workers).toBeLessThanOrEqual(DEFAULT_CAPTURE_LIMITS.maxOpenBytesPerSandbox);
  expect(maxOpenBytesPerSandbox).toBeGreaterThan(0);
});
