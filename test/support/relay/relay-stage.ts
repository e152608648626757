import { afterEach } from "vitest";
import { RawGuest } from "./raw-guest.ts";
import { RawPeer } from "./raw-peer.ts";
import type { RelayFacts, RunningRelay } from "./start-relay.ts";
import { startRelay } from "./start-relay.ts";

export const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
export const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/** RFC 6455, section 1.3: the example's key, and the response that accepts it. */
export const HANDSHAKE =
  "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
export const ACCEPTED =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/** Short, but above the relay's sweep interval in tests. */
export const SOON_MS = 60;

/** Starts relays and guests for one test file, and closes them after each test. */
export class RelayStage {
  readonly #closers: (() => unknown)[] = [];

  static set(): RelayStage {
    const stage = new RelayStage();
    afterEach(async () => {
      for (const close of stage.#closers.splice(0).reverse()) await close();
    });
    return stage;
  }

  /** Calls `close` after the test. */
  onClose(close: () => unknown): void {
    this.#closers.push(close);
  }

  async startGuest(): Promise<RawGuest> {
    const guest = await RawGuest.start();
    this.onClose(() => guest.close());
    return guest;
  }

  async startRelay(guestPort: number, facts: RelayFacts = {}): Promise<RunningRelay> {
    const running = await startRelay(guestPort, facts);
    this.onClose(running.close);
    return running;
  }

  /** A relay with one guest. */
  async start(
    facts: RelayFacts = {},
  ): Promise<{ guest: RawGuest; running: RunningRelay; visit: () => RawPeer }> {
    const guest = await this.startGuest();
    const running = await this.startRelay(guest.port, facts);
    return { guest, running, visit: () => new RawPeer(running.connect()) };
  }
}

/** Opens a tunnel. @returns the guest's side */
export async function openTunnel(visitor: RawPeer, guest: RawGuest): Promise<RawPeer> {
  visitor.send(HANDSHAKE);
  const { peer } = await guest.nextRequest();
  peer.send(ACCEPTED);
  await visitor.readHead();
  return peer;
}
