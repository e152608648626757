import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Pace } from "../../../../../connector/guests/agent/pace.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("Pace", () => {
  test("runs few actions at once, and of many no more than its rate, in order", () => {
    const pace = new Pace(1_000);
    const ran: number[] = [];
    for (let index = 0; index < 500; index++) pace.run(() => ran.push(index));
    expect(ran).toHaveLength(20);
    vi.advanceTimersByTime(100);
    expect(ran.length).toBeLessThanOrEqual(120);
    vi.advanceTimersByTime(400);
    expect(ran).toEqual(Array.from({ length: 500 }, (_, index) => index));
  });

  test("does not run what was taken back, and has no timer where nothing waits", () => {
    const pace = new Pace(50);
    const ran: string[] = [];
    pace.run(() => ran.push("first"));
    const takeBack = pace.run(() => ran.push("second"));
    pace.run(() => ran.push("third"));
    takeBack();
    vi.advanceTimersByTime(1_000);
    expect(ran).toEqual(["first", "third"]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
