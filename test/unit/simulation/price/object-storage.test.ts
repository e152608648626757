import { describe, expect, test } from "vitest";
import { estimateLiveBytes, measureRetained } from "../../../../simulation/price/object-storage.ts";

describe("estimateLiveBytes()", () => {
  test("counts objects that were never called as like those that were", () => {
    const records = [
      { kind: "SANDBOX", storage: { bytes: 8_000, alarmMs: undefined } },
      { kind: "SANDBOX", storage: { bytes: 12_000, alarmMs: undefined } },
      { kind: "HOST", storage: { bytes: 100_000, alarmMs: undefined } },
    ];
    expect(estimateLiveBytes(records, { SANDBOX: 1_000, HOST: 3, WORKSPACE: 9 })).toBe(10_300_000);
  });

  test("is 0 without objects", () => {
    expect(estimateLiveBytes([], { SANDBOX: 1_000 })).toBe(0);
  });
});

describe("measureRetained()", () => {
  test("takes bytes until the object's own alarm", () => {
    const ended = [
      { storage: { bytes: 1_000, alarmMs: 61_000 }, endedAtMs: 1_000 },
      { storage: { bytes: 500, alarmMs: 11_000 }, endedAtMs: 1_000 },
    ];
    expect(measureRetained(ended)).toEqual({ objects: 2, byteSeconds: 65_000 });
  });

  test("takes nothing of an object that has deleted everything", () => {
    expect(measureRetained([{ storage: { bytes: 0, alarmMs: undefined }, endedAtMs: 0 }])).toEqual({
      objects: 0,
      byteSeconds: 0,
    });
  });

  test("is infinite where an object keeps something and has no alarm", () => {
    const ended = [{ storage: { bytes: 4_096, alarmMs: undefined }, endedAtMs: 0 }];
    expect(measureRetained(ended).byteSeconds).toBe(Infinity);
  });
});
