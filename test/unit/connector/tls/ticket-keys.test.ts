import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  rotateTicketKeys,
  TICKET_KEYS_BYTES,
  TICKET_KEYS_LIFE_MS,
} from "../../../../connector/tls/ticket-keys.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("rotateTicketKeys()", () => {
  test("gives keys of 48 bytes at once, and others after their life, until it is stopped", () => {
    const given: string[] = [];
    const stop = rotateTicketKeys((keys) => {
      expect(keys.length).toBe(TICKET_KEYS_BYTES);
      given.push(keys.toString("hex"));
    });
    expect(given).toHaveLength(1);
    vi.advanceTimersByTime(TICKET_KEYS_LIFE_MS - 1);
    expect(given).toHaveLength(1);
    vi.advanceTimersByTime(TICKET_KEYS_LIFE_MS + 1);
    expect(new Set(given).size).toBe(3);
    stop();
    vi.advanceTimersByTime(2 * TICKET_KEYS_LIFE_MS);
    expect(given).toHaveLength(3);
  });
});
