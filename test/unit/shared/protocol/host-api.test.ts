import { describe, expect, test } from "vitest";
import { createGeneration } from "../../../../shared/generation.ts";
import { MAX_PORTS_PER_SANDBOX } from "../../../../shared/port.ts";
import {
  attachSchema,
  decodeGuest,
  decodeHeartbeatChanges,
  decodeHeartbeatOutcome,
  encodeGuest,
  encodeHeartbeat,
  encodeHeartbeatChanges,
  guestSchema,
  heartbeatSchema,
  hostApiPath,
  MAX_GUESTS_PER_HOST,
  portReportSchema,
} from "../../../../shared/protocol/host-api.ts";

const NOW_MS = 1_764_088_200_000;
const GUEST = {
  sandboxId: "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b",
  generation: createGeneration(NOW_MS),
};
const ATTACH = { ...encodeGuest(GUEST), ports: [3000], workspace: "acme" };

describe("encodeGuest()", () => {
  test("is undone by guestSchema and decodeGuest()", () => {
    expect(decodeGuest(guestSchema.parse(encodeGuest(GUEST)))).toEqual(GUEST);
  });
});

describe("guestSchema", () => {
  test("reads a sandbox id in upper case as lower case", () => {
    const { sandbox_id } = guestSchema.parse({
      ...encodeGuest(GUEST),
      sandbox_id: GUEST.sandboxId.toUpperCase(),
    });
    expect(sandbox_id).toBe(GUEST.sandboxId);
  });

  test.each<[string, unknown]>([
    ["no object", null],
    ["no generation", { sandbox_id: GUEST.sandboxId }],
    ["a malformed generation", { ...encodeGuest(GUEST), generation: "1" }],
    ["a malformed sandbox id", { ...encodeGuest(GUEST), sandbox_id: "x" }],
    ["an unknown member", { ...encodeGuest(GUEST), address: "10.0.0.1" }],
  ])("refuses %s", (_case, body) => {
    expect(guestSchema.safeParse(body).success).toBe(false);
  });
});

describe("attachSchema", () => {
  test("accepts as many ports as a sandbox may expose, and not one more", () => {
    const ports = Array.from({ length: MAX_PORTS_PER_SANDBOX }, (_, index) => 3000 + index);
    expect(attachSchema.safeParse({ ...ATTACH, ports }).success).toBe(true);
    expect(attachSchema.safeParse({ ...ATTACH, ports: [...ports, 4000] }).success).toBe(false);
  });

  test.each<[string, object]>([
    ["port 0", { ports: [0] }],
    ["port 65536", { ports: [65_536] }],
    ["a fractional port", { ports: [3.5] }],
    ["NaN as port", { ports: [Number.NaN] }],
    ["a port as text", { ports: ["3000"] }],
    ["no ports", { ports: undefined }],
    ["an empty workspace", { workspace: "" }],
    ["a workspace of 64 characters", { workspace: "a".repeat(64) }],
    ["an unknown member", { tap: "tap0" }],
  ])("refuses %s", (_case, change) => {
    expect(attachSchema.safeParse({ ...ATTACH, ...change }).success).toBe(false);
  });
});

describe("portReportSchema", () => {
  test("accepts a guest and its ports, and refuses a workspace", () => {
    const report = { ...encodeGuest(GUEST), ports: [] };
    expect(portReportSchema.parse(report)).toEqual(report);
    expect(portReportSchema.safeParse(ATTACH).success).toBe(false);
  });
});

describe("encodeHeartbeat()", () => {
  test("is read by heartbeatSchema, and names each guest", () => {
    const heartbeat = heartbeatSchema.parse(encodeHeartbeat([GUEST], NOW_MS));
    expect(heartbeat.taken_at).toBe(NOW_MS);
    expect(heartbeat.guests.map(decodeGuest)).toEqual([GUEST]);
  });
});

describe("heartbeatSchema", () => {
  test("accepts as many guests as a host may have, and not one more", () => {
    const guests = Array.from({ length: MAX_GUESTS_PER_HOST }, () => GUEST);
    expect(heartbeatSchema.safeParse(encodeHeartbeat(guests, NOW_MS)).success).toBe(true);
    expect(heartbeatSchema.safeParse(encodeHeartbeat([...guests, GUEST], NOW_MS)).success).toBe(false);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 1.5, 2 ** 53, "1764088200000", undefined])(
    "refuses %s as time",
    (taken_at) => {
      expect(heartbeatSchema.safeParse({ taken_at, guests: [] }).success).toBe(false);
    },
  );
});

describe("encodeHeartbeatChanges()", () => {
  const changes = { since: "r1", attached: [GUEST], ended: [GUEST.sandboxId], count: 2 };

  test("is undone by heartbeatSchema and decodeHeartbeatChanges()", () => {
    const body = heartbeatSchema.parse(encodeHeartbeatChanges(changes, NOW_MS));
    expect(decodeHeartbeatChanges(body)).toEqual(changes);
    expect(decodeHeartbeatChanges(heartbeatSchema.parse(encodeHeartbeat([GUEST], NOW_MS)))).toBeUndefined();
  });

  test.each<[string, object]>([
    ["an end without a list that it changes", { since: undefined }],
    ["a list that is changed without its number of guests", { ended: undefined, count: undefined }],
    ["a revision of 65 characters", { since: "r".repeat(65) }],
    ["an ended sandbox that is no UUID", { ended: ["x"] }],
    ["a negative count", { count: -1 }],
    ["a count beyond a full host", { count: MAX_GUESTS_PER_HOST + 1 }],
  ])("is refused with %s", (_case, change) => {
    const body = { ...encodeHeartbeatChanges(changes, NOW_MS), ...change };
    expect(heartbeatSchema.safeParse(body).success).toBe(false);
  });
});

describe("decodeHeartbeatOutcome()", () => {
  test.each<[string, unknown, string[]]>([
    ["a response", { forgotten: [], missing: [GUEST.sandboxId] }, [GUEST.sandboxId]],
    ["nothing", undefined, []],
    ["null", null, []],
    ["a text", "missing", []],
    ["a list", [], []],
    ["an object without it", {}, []],
    ["another type", { missing: "x" }, []],
    ["a list with other types in it", { missing: [1, "a", null, "b", {}] }, ["a", "b"]],
  ])("reads %s", (_case, response, expected) => {
    expect(decodeHeartbeatOutcome(response)).toEqual({ missing: expected, resend: false });
  });

  test("reads revision and resend, where they are of their type", () => {
    expect(decodeHeartbeatOutcome({ revision: "r", resend: true })).toEqual({
      missing: [],
      revision: "r",
      resend: true,
    });
    expect(decodeHeartbeatOutcome({ revision: 1, resend: "yes" })).toEqual({ missing: [], resend: false });
  });
});

describe("hostApiPath()", () => {
  test("names host and verb", () => {
    expect(hostApiPath("host-1", "heartbeat")).toBe("/v1/hosts/host-1/heartbeat");
  });
});
