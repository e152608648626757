import { afterEach, describe, expect, test, vi } from "vitest";
import { notifySystemd } from "../../../../connector/supervisor/notify-systemd.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("notifySystemd()", () => {
  test("reports what Node throws, and does not end the process that holds all sockets", () => {
    vi.stubEnv("NOTIFY_SOCKET", "/none");
    const errors: Error[] = [];
    // Throws like a fork without memory, which cannot be had here.
    notifySystemd("\0", (error) => errors.push(error));
    expect(errors).toHaveLength(1);
  });
});
