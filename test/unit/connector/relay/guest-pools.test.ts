import { describe, expect, test } from "vitest";
import { RawPeer } from "../../../support/relay/raw-peer.ts";
import { GET, OK, openTunnel, RelayStage } from "../../../support/relay/relay-stage.ts";
import { destinationTo } from "../../../support/relay/start-relay.ts";

const stage = RelayStage.set();

describe("GuestPools.close()", () => {
  test("ends everything open towards the guest, and nothing towards another", async () => {
    const guest = await stage.startGuest();
    const [gone, kept] = ["1", "2"].map((sandboxId) =>
      destinationTo(guest.port, { upstream: { guest: { sandboxId } } }),
    );
    const running = await stage.startRelay(guest.port, {
      findDestination: ({ target }) => (target === "/kept" ? kept! : gone!),
    });
    const waiting = new RawPeer(running.connect());
    waiting.send(GET);
    await guest.nextRequest();
    const tunneller = new RawPeer(running.connect());
    const peer = await openTunnel(tunneller, guest);
    const other = new RawPeer(running.connect());
    other.send("GET /kept HTTP/1.1\r\nHost: a\r\n\r\n");
    const seen = await guest.nextRequest();

    running.relay.closeGuest(gone!.upstream.guest);
    expect((await waiting.readResponse()).status).toBe(502);
    await Promise.all([tunneller.readToEnd(), peer.readToEnd()]);
    seen.respond(OK);
    expect((await other.readResponse()).status).toBe(200);
  });

  test("refuses with guest_not_here where a request is still dialling", async () => {
    const guest = await stage.startGuest();
    const dialled = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const plain = destinationTo(guest.port);
    const destination = destinationTo(guest.port, {
      upstream: {
        async dial() {
          started.resolve();
          await dialled.promise;
          return plain.upstream.dial();
        },
      },
    });
    const running = await stage.startRelay(guest.port, { findDestination: () => destination });
    const visitor = new RawPeer(running.connect());
    visitor.send(GET);
    await started.promise;
    running.relay.closeGuest(destination.upstream.guest);
    dialled.resolve();
    expect((await visitor.readResponse()).fields.get("preview-error")).toBe("guest_not_here");
    expect(guest.received).toBe(0);
  });
});
