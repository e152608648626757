import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { RawPeer } from "../../../support/relay/raw-peer.ts";
import { GET, OK, RelayStage, SOON_MS } from "../../../support/relay/relay-stage.ts";

const stage = RelayStage.set();

/** Ways in which the same bytes can come. */
const CUTS: Readonly<Record<string, (text: string) => readonly string[]>> = {
  whole: (text) => [text],
  "byte by byte": (text) => [...text],
  "after the first line": (text) => [text.slice(0, 2), text.slice(2)],
  "after the second line": (text) => [text.slice(0, 4), text.slice(4)],
  "inside the first line": (text) => [text.slice(0, 1), text.slice(1)],
};

async function sendInPieces(visitor: RawPeer, pieces: readonly string[]): Promise<void> {
  for (const piece of pieces) {
    await visitor.sent(piece);
    // The relay is in this process: it reads the piece before the next is sent.
    for (let turn = 0; turn < 3; turn++) await setImmediate();
  }
}

describe.for(Object.keys(CUTS))("2.6 Stray empty lines, %s", (cut) => {
  const cutUp = CUTS[cut]!;

  test("one before a request is ignored", async () => {
    const { guest, visit } = await stage.start();
    const visitor = visit();
    for (let count = 0; count < 3; count++) {
      await sendInPieces(visitor, cutUp(`\r\n${GET}`));
      (await guest.nextRequest()).respond(OK);
      expect((await visitor.readResponse()).status).toBe(200);
    }
  });

  test.for(["\r\n\r\n", "\r\n\r\n\r\n", "\r", "\n", "\r\n\n"])(
    "%j before a request is refused",
    async (lines) => {
      const { guest, visit } = await stage.start();
      const visitor = visit();
      await sendInPieces(visitor, cutUp(lines + GET));
      expect((await visitor.readResponse()).status).toBe(400);
      expect(guest.received).toBe(0);
    },
  );

  test("one after a request brings no response without a request", async () => {
    const { guest, visit, running } = await stage.start({
      limits: { requestHeadTimeoutMs: SOON_MS, visitorIdleTimeoutMs: 3 * SOON_MS },
    });
    const visitor = visit();
    await sendInPieces(visitor, cutUp(`${GET}\r\n`));
    (await guest.nextRequest()).respond(OK);
    await visitor.readResponse();
    expect(await visitor.readToEnd()).toBe("");
    expect(running.relay.stats().counts.refused).toEqual({});
  });
});
