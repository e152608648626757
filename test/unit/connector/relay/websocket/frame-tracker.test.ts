import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrameTracker } from "../../../../../connector/relay/websocket/frame-tracker.ts";

/** Around the lengths whose heads differ in size (RFC 6455, section 5.2). */
const LENGTHS = [0, 1, 2, 5, 125, 126, 127, 65_535, 65_536, 70_000];

function frame(length: number, masked: boolean): Buffer {
  const mask = masked ? 0x80 : 0;
  if (length < 126) return Buffer.concat([Buffer.from([0x82, mask | length]), payload(length, masked)]);
  const head = Buffer.alloc(length < 65_536 ? 4 : 10);
  head[0] = 0x82;
  head[1] = mask | (length < 65_536 ? 126 : 127);
  head.writeUIntBE(length, length < 65_536 ? 2 : 4, length < 65_536 ? 2 : 6);
  return Buffer.concat([head, payload(length, masked)]);
}

/** Bytes that look like heads of further frames. */
function payload(length: number, masked: boolean): Buffer {
  return Buffer.alloc(length + (masked ? 4 : 0), Buffer.from([0x81, 0x7e, 0x00]));
}

const frames = fc
  .array(fc.tuple(fc.constantFrom(...LENGTHS), fc.boolean()), { minLength: 1, maxLength: 6 })
  .map((all) => all.map(([length, masked]) => frame(length, masked)));
const parts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });

function ends(all: readonly Buffer[]): number[] {
  return all.map((_, index) => all.slice(0, index + 1).reduce((sum, { length }) => sum + length, 0));
}

describe("FrameTracker", () => {
  test("is at a boundary where a frame has ended, and nowhere else, however the bytes are cut", () => {
    fc.assert(
      fc.property(frames, parts, (all, cuts) => {
        const bytes = Buffer.concat(all);
        const boundaries = new Set([0, ...ends(all)]);
        const tracker = new FrameTracker();
        let at = 0;
        const places = [...cuts.map((part) => Math.floor(part * bytes.length)), ...ends(all)];
        for (const place of places.sort((a, b) => a - b)) {
          tracker.follow(bytes, at, place);
          at = place;
          expect(tracker.atBoundary).toBe(boundaries.has(at));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("finds where the current frame ends", () => {
    fc.assert(
      fc.property(frames, fc.double({ min: 0, max: 0.999, noNaN: true }), (all, part) => {
        const bytes = Buffer.concat(all);
        const from = Math.floor(part * bytes.length);
        const tracker = new FrameTracker();
        tracker.follow(bytes, 0, from);
        const end = ends(all).find((place) => place > from);
        expect(tracker.followToBoundary(bytes, from, bytes.length)).toBe(end);
        expect(tracker.atBoundary).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test("is at no boundary inside a frame of the largest length", () => {
    const tracker = new FrameTracker();
    tracker.follow(Buffer.alloc(100, 0xff), 0, 100);
    expect(tracker.atBoundary).toBe(false);
  });
});
