import { describe, expect, test } from "vitest";
import { AccessChanges } from "../../../../connector/access/access-changes.ts";
import { changeAccess } from "../../../../connector/host-calls/change-access.ts";
import type { Destination } from "../../../../connector/relay/relay.ts";
import { Revocations } from "../../../../connector/revocations.ts";
import { LocalRelay } from "../../../../connector/workers/local-relay.ts";
import type { Refusal } from "../../../../shared/refusal/refusal.ts";
import { onLink, onPublic } from "../../../support/relay/destinations.ts";
import { SANDBOX_ID } from "../../../support/relay/start-relay.ts";

const BODY = { sandbox_id: SANDBOX_ID, revision: 1, access: "public", except: [], loopback: "on" };

/** Makes the call while these are open. @returns the reason for each of them */
async function cut(
  body: unknown,
  open: readonly Destination[],
  loopbackPorts: readonly number[] = [],
  ports = [3000],
) {
  let reasons: (Refusal | undefined)[] = [];
  const guest = { ports, isLoopbackOnly: (port: number) => loopbackPorts.includes(port) };
  const relay = new LocalRelay({
    accessChanges: new AccessChanges(),
    revocations: new Revocations(),
    guests: { find: () => guest as never },
    relay: {
      cut(findReason) {
        reasons = open.map(findReason);
        return reasons.filter((reason) => reason !== undefined).length;
      },
      closeGuest() {},
      stats: () => ({}) as never,
    },
  });
  const response = await changeAccess(body, relay);
  return { response, codes: reasons.map((reason) => reason?.code) };
}

describe("changeAccess()", () => {
  test("cuts what came without a link on a private port, and everything on one that is off", async () => {
    const open = [onPublic(), onLink()];
    expect(await cut({ ...BODY, access: "private" }, open)).toEqual({
      response: { status: 200, body: { cut: 1 } },
      codes: ["sandbox_not_found", undefined],
    });
    const off = { ...BODY, except: [{ port: 3000, access: "off" }] };
    expect((await cut(off, open)).codes).toEqual(["sandbox_not_found", "port_off"]);
    expect((await cut(BODY, open)).codes).toEqual([undefined, undefined]);
  });

  test("cuts what is open to loopback-only servers where those must not be reached", async () => {
    const body = { ...BODY, loopback: "off" };
    expect((await cut(body, [onPublic(), onLink()], [3000])).codes).toEqual(["port_closed", "port_closed"]);
    expect((await cut(body, [onPublic(), onLink()], [4000])).codes).toEqual([undefined, undefined]);
  });

  test("cuts what waits for a port, which may be bound to loopback when it opens", async () => {
    const body = { ...BODY, loopback: "off" };
    expect((await cut(body, [onPublic()], [], [4000])).codes).toEqual(["port_closed"]);
    expect((await cut(BODY, [onPublic()], [], [4000])).codes).toEqual([undefined]);
  });

  test("leaves other sandboxes alone", async () => {
    const other = { ...BODY, sandbox_id: SANDBOX_ID.replace("0f", "1f"), access: "off" };
    expect((await cut(other, [onPublic()])).codes).toEqual([undefined]);
  });

  test.each([
    ["no sandbox", { ...BODY, sandbox_id: undefined }],
    ["an unknown mode", { ...BODY, access: "open" }],
    ["a port out of range", { ...BODY, except: [{ port: 0, access: "off" }] }],
    ["too many exceptions", { ...BODY, except: Array(98).fill({ port: 1, access: "off" }) }],
    ["a negative revision", { ...BODY, revision: -1 }],
    ["an unknown member", { ...BODY, more: 1 }],
  ])("refuses %s with 400", async (_case, body) => {
    expect((await cut(body, [])).response.status).toBe(400);
  });
});
