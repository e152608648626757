/**
 * Runs a relay, and visitors of a guest that goes dark, in the network namespace of the guest's host: what is open when
 * the guest goes dark, and for how long it stays so.
 *
 * By IPC it sends `"open"` once all is open, and `DarkGuestReport` after it has received `"dark"`.
 *
 * Usage: node dark-guest-visits.ts '{"address":"10.0.0.2","port":3000,"limits":{…}}'
 */
import type { RelayStats } from "../../../connector/relay/relay.ts";
import { dialAddresses } from "../../../connector/relay/socket/dial-addresses.ts";
import { RawPeer } from "./raw-peer.ts";
import { startRelay } from "./start-relay.ts";

export interface DarkGuestReport {
  /** Milliseconds from the moment the guest went dark to the end of each visitor's connection or request. */
  readonly endedMs: Readonly<Record<string, number>>;
  /** The head that a visitor received who waited for a response. */
  readonly response: string;
  readonly counts: RelayStats["counts"];
}

const TALK_EVERY_MS = 50;
/** RFC 6455, section 1.3. */
const HANDSHAKE =
  "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
/** A masked frame of one byte. */
const FRAME = "\x82\x81\0\0\0\0a";

const { address, port, limits } = JSON.parse(process.argv[2]!);
const running = await startRelay(port, {
  limits,
  upstream: { dial: () => dialAddresses([{ host: address, port }], 2_000) },
});

function visit(request: string): RawPeer {
  const visitor = new RawPeer(running.connect());
  visitor.send(request);
  return visitor;
}

const tunnel = visit(HANDSHAKE);
await tunnel.readHead();
tunnel.send(FRAME);
await tunnel.readBytes(FRAME.length);
const events = visit("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
await events.readUntil("hello");
const waiting = visit("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
const upload = visit("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
while (running.relay.stats().guestConnections < 3) await new Promise((resolve) => setTimeout(resolve, 5));
process.send!("open");

process.once("message", async () => {
  const startedMs = performance.now();
  const talk = setInterval(() => {
    for (const visitor of [tunnel, upload]) if (!visitor.finished) visitor.send(FRAME);
  }, TALK_EVERY_MS);
  const endedMs: Record<string, number> = {};
  const note = <Result>(name: string, ended: Promise<Result>) =>
    ended.then((result) => {
      endedMs[name] = Math.round(performance.now() - startedMs);
      return result;
    });
  const [response] = await Promise.all([
    note("waiting", waiting.readHead()),
    note("tunnel", tunnel.readToEnd()),
    note("events", events.readToEnd()),
    note("upload", upload.readToEnd()),
  ]);
  clearInterval(talk);
  const { counts } = running.relay.stats();
  process.send!({ endedMs, response, counts } satisfies DarkGuestReport);
});
