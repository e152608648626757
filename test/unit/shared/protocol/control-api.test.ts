import { describe, expect, test } from "vitest";
import { MAX_PORTS_PER_SANDBOX } from "../../../../shared/port.ts";
import {
  guestOfferSchema,
  guestPath,
  guestPortsPath,
  launchedGuestSchema,
  launcherSandboxPath,
  launchOrderSchema,
  portsReportSchema,
} from "../../../../shared/protocol/control-api.ts";

const SANDBOX_ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const OFFER = { sandboxId: SANDBOX_ID, workspace: "acme", address: "10.200.0.2" };

describe("guestOfferSchema", () => {
  test("lower-cases the sandbox id", () => {
    const offer = guestOfferSchema.parse({ ...OFFER, sandboxId: SANDBOX_ID.toUpperCase() });
    expect(offer.sandboxId).toBe(SANDBOX_ID);
  });

  test("reads lists of ports that are left out as empty", () => {
    expect(guestOfferSchema.parse(OFFER)).toEqual({ ...OFFER, ports: [], publicPorts: [] });
  });

  test("keeps every member that may be given", () => {
    const offer = {
      ...OFFER,
      tap: "tap0",
      namespace: "ns_1.a-b",
      agentPort: 20_222,
      ports: [3000],
      publicPorts: [4000],
    };
    expect(guestOfferSchema.parse(offer)).toEqual(offer);
  });

  test.each(["10.200.0.2", "fd00::2"])("accepts the address %s", (address) => {
    expect(guestOfferSchema.safeParse({ ...OFFER, address }).success).toBe(true);
  });

  test.each(["", "localhost", "10.0.0", "10.0.0.256", "10.0.0.1:80", "[fd00::2]", "http://10.0.0.1"])(
    "refuses the address %j",
    (address) => {
      expect(guestOfferSchema.safeParse({ ...OFFER, address }).success).toBe(false);
    },
  );

  test("accepts as many ports as a sandbox may expose, and not one more", () => {
    const ports = Array.from({ length: MAX_PORTS_PER_SANDBOX }, (_, index) => 3000 + index);
    expect(guestOfferSchema.safeParse({ ...OFFER, ports }).success).toBe(true);
    expect(guestOfferSchema.safeParse({ ...OFFER, ports: [...ports, 4000] }).success).toBe(false);
    expect(guestOfferSchema.safeParse({ ...OFFER, publicPorts: [...ports, 4000] }).success).toBe(false);
  });

  test.each<[string, object]>([
    ["a malformed sandbox id", { sandboxId: "x" }],
    ["an empty workspace", { workspace: "" }],
    ["a workspace of 64 characters", { workspace: "a".repeat(64) }],
    ["an empty interface name", { tap: "" }],
    ["an interface name of 16 characters", { tap: "a".repeat(16) }],
    ["an interface name with a slash", { tap: "a/b" }],
    ["an interface name with a space", { tap: "a b" }],
    ["an empty namespace", { namespace: "" }],
    ["a namespace with a path", { namespace: "../a" }],
    ["a namespace of 65 characters", { namespace: "a".repeat(65) }],
    ["agent port 0", { agentPort: 0 }],
    ["port 0", { ports: [0] }],
    ["port 65536", { ports: [65_536] }],
    ["an unknown member", { generation: "1764088200000-1a2b3c4d" }],
  ])("refuses %s", (_case, change) => {
    expect(guestOfferSchema.safeParse({ ...OFFER, ...change }).success).toBe(false);
  });
});

describe("portsReportSchema", () => {
  test.each<[string, unknown]>([
    ["no ports", {}],
    ["port 65536", { ports: [65_536] }],
    ["an unknown member", { ports: [], waiting: [] }],
  ])("refuses %s", (_case, body) => {
    expect(portsReportSchema.safeParse(body).success).toBe(false);
  });
});

describe("launchOrderSchema", () => {
  test("is what an encoder of it wrote", () => {
    const order = { sandboxId: SANDBOX_ID, template: "vite" };
    expect(launchOrderSchema.parse(JSON.parse(JSON.stringify(order)))).toEqual(order);
  });
});

describe("launchedGuestSchema", () => {
  test("reads a guest's address alone, with no ports", () => {
    expect(launchedGuestSchema.parse({ address: "10.200.0.2" })).toEqual({
      address: "10.200.0.2",
      ports: [],
    });
  });

  test("refuses a guest without an address", () => {
    expect(launchedGuestSchema.safeParse({ tap: "tap0" }).success).toBe(false);
  });
});

describe("guestPath()", () => {
  test("escapes what is no sandbox id", () => {
    expect(guestPath(SANDBOX_ID)).toBe(`/guests/${SANDBOX_ID}`);
    expect(guestPath("../stats")).toBe("/guests/..%2Fstats");
  });
});

describe("guestPortsPath()", () => {
  test("lies below the guest's path", () => {
    expect(guestPortsPath(SANDBOX_ID)).toBe(`/guests/${SANDBOX_ID}/ports`);
  });
});

describe("launcherSandboxPath()", () => {
  test("names the sandbox", () => {
    expect(launcherSandboxPath(SANDBOX_ID)).toBe(`/sandboxes/${SANDBOX_ID}`);
  });
});
