import { describe, expect, test } from "vitest";
import type { RefusalCode } from "../../../../shared/refusal/refusal.ts";
import { isRefusal, REFUSALS, refuse } from "../../../../shared/refusal/refusal.ts";

/** The statuses that the API's documentation promises. */
const PROMISED: Partial<Record<RefusalCode, number>> = {
  unknown_host: 404,
  sandbox_not_found: 404,
  link_incomplete: 404,
  link_invalid: 403,
  link_expired: 403,
  link_revoked: 403,
  suspended: 403,
  path_not_allowed: 403,
  rate_limited: 429,
  port_reserved: 403,
  port_off: 403,
  port_limit: 403,
  port_closed: 502,
  guest_unreachable: 502,
  guest_protocol: 502,
  host_unreachable: 502,
  too_many_connections: 503,
  draining: 503,
  guest_timeout: 504,
  request_malformed: 400,
  https_required: 403,
  pass_invalid: 403,
  guest_not_here: 421,
};

describe("refuse()", () => {
  test("makes a value that isRefusal() recognises, with its facts", () => {
    expect(refuse("rate_limited")).toEqual({ kind: "refusal", code: "rate_limited" });
    expect(refuse("rate_limited", { retryAfterS: 3 })).toEqual({
      kind: "refusal",
      code: "rate_limited",
      retryAfterS: 3,
    });
    expect(isRefusal(refuse("internal"))).toBe(true);
  });
});

describe("isRefusal()", () => {
  test("recognises a copy, as a call between objects makes one", () => {
    expect(isRefusal(structuredClone(refuse("rate_limited", { retryAfterS: 3 })))).toBe(true);
  });

  test.each([
    ["undefined", undefined],
    ["null", null],
    ["a text", "refused"],
    ["a number", 403],
    ["an empty object", {}],
    ["an array", []],
    ["an object with the code of a refusal", { code: "conflict" }],
    ["an error with the code of a refusal", Object.assign(new Error("lost"), { code: "conflict" })],
    ["an unknown code", { kind: "refusal", code: "nonsense" }],
    ["a code that every object has as a member", { kind: "refusal", code: "toString" }],
    ["a code that is no text", { kind: "refusal", code: 404 }],
    ["no code", { kind: "refusal" }],
    ["another kind", { kind: "pass", code: "conflict" }],
  ])("says no to %s", (_case, value) => {
    expect(isRefusal(value)).toBe(false);
  });
});

describe("REFUSALS", () => {
  test.each(Object.entries(PROMISED))("gives %s the status %i", (code, status) => {
    expect(REFUSALS[code as RefusalCode].status).toBe(status);
  });
});
