import { describe, expect, test } from "vitest";
import { AccessChanges } from "../../../../connector/access/access-changes.ts";
import type { AccessChange } from "../../../../shared/protocol/host-calls.ts";
import { PASS_MAX_ACCEPTANCE_MS } from "../../../../shared/protocol/pass.ts";
import { LINK } from "../../../support/relay/destinations.ts";

const ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const NOW_MS = 1_800_000_000_000;

const CHANGE: AccessChange = {
  sandboxId: ID,
  revision: 2,
  access: "private",
  except: [
    { port: 3000, access: "public" },
    { port: 4000, access: "off" },
  ],
  loopback: "off",
};

function codesOf(changes: AccessChanges, port: number, sandboxId = ID, nowMs = NOW_MS): unknown[] {
  return [undefined, LINK].map((link) => changes.check({ sandboxId, port, link }, nowMs)?.code);
}

describe("AccessChanges", () => {
  test.each([
    ["public", 3000, [undefined, undefined]],
    ["private", 5000, ["sandbox_not_found", undefined]],
    ["off", 4000, ["sandbox_not_found", "port_off"]],
  ] as const)(
    "of a port that is %s refuses a visitor without and one with a link as the edge does",
    (_access, port, codes) => {
      const changes = new AccessChanges();
      expect(changes.add(CHANGE, NOW_MS)).toBe(true);
      expect(codesOf(changes, port)).toEqual(codes);
      expect(codesOf(changes, port, ID.replace("0f", "1f"))).toEqual([undefined, undefined]);
    },
  );

  test("forget a change as soon as no pass from before it is accepted", () => {
    const changes = new AccessChanges();
    changes.add(CHANGE, NOW_MS);
    const endMs = NOW_MS + PASS_MAX_ACCEPTANCE_MS;
    expect(codesOf(changes, 4000, ID, endMs - 1)).toEqual(["sandbox_not_found", "port_off"]);
    expect(changes.closesLoopback(ID, endMs - 1)).toBe(true);
    expect(codesOf(changes, 4000, ID, endMs)).toEqual([undefined, undefined]);
    expect(changes.closesLoopback(ID, endMs)).toBe(false);
  });

  test("ignore an older state that arrives late", () => {
    const changes = new AccessChanges();
    changes.add({ ...CHANGE, revision: 3, access: "public", except: [], loopback: "on" }, NOW_MS);
    expect(changes.add(CHANGE, NOW_MS)).toBe(false);
    expect(codesOf(changes, 4000)).toEqual([undefined, undefined]);
    expect(changes.closesLoopback(ID, NOW_MS)).toBe(false);
  });
});
