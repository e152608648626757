import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { describe, expect, test, vi } from "vitest";
import { AttachError, Attachments } from "../../../connector/attachments.ts";
import { Announcer } from "../../../connector/edge/announcer.ts";
import { EdgeError } from "../../../connector/edge/edge-client.ts";
import { GuestStore } from "../../../connector/guests/guest-store.ts";
import { GuestTable } from "../../../connector/guests/guest-table.ts";
import { guestOfferSchema } from "../../../shared/protocol/control-api.ts";
import { FakeEdge } from "../../support/connector/fake-edge.ts";

const ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const LOG = pino({ level: "silent" });

describe("Attachments", () => {
  test("attach() of a guest that is replaced before the edge has responded is abandoned", async () => {
    const directory = await mkdtemp(join(tmpdir(), "attachments-"));
    const edge = new FakeEdge();
    edge.outcomes.push(new EdgeError("no", 503));
    const guests = new GuestTable({
      store: new GuestStore(directory),
      onPortsChange() {},
      onDetach() {},
    });
    await guests.load();
    const announcer = new Announcer({ edge: edge.client, guests, log: LOG, renew: async () => {} });
    const attachments = new Attachments({ guests, announcer, addresses: { allowLoopback: false }, log: LOG });
    const offer = guestOfferSchema.parse({ sandboxId: ID, workspace: "ws_1", address: "10.0.0.2" });
    const former = attachments.attach(offer);
    const refused = expect(former).rejects.toThrow(AttachError);
    await vi.waitFor(() => expect(edge.calls).toHaveLength(1));
    const newer = await attachments.attach(offer);
    await refused;
    expect(newer.edgeKnows).toBe(true);
    expect(guests.list()).toEqual([newer.guest]);
    expect(edge.calls).toEqual([
      expect.stringMatching(/^attach/),
      edge.calls[0]?.replace("attach", "detach"),
      `attach ${newer.guest.generation}`,
    ]);
    await rm(directory, { recursive: true });
  });
});
