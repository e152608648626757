/**
 * A relay in a process of its own: prints its port, drains on SIGTERM, exits at a second SIGTERM, and prints its stats on
 * SIGUSR2.
 *
 * Usage: node relay-process.ts '{"guestPort":3000,"sandboxId":"…","limits":{…}}'
 */
import * as net from "node:net";
import type { Destination, RelayGuest, Upstream } from "../../../connector/relay/relay.ts";
import { createRelay, DEFAULT_RELAY_LIMITS } from "../../../connector/relay/relay.ts";
import { dialAddresses } from "../../../connector/relay/socket/dial-addresses.ts";
import { canSetOnRead, canWriteToHandle } from "../../../connector/relay/socket/node-internals.ts";
import { watchDials } from "./watch-dials.ts";

const { guestPort, sandboxId, limits, port = 0 } = JSON.parse(process.argv[2] ?? "{}");
const guest: RelayGuest = { sandboxId };
const dial = () => dialAddresses([{ host: "127.0.0.1", port: guestPort }], 2_000);
const upstream: Upstream = {
  guest,
  port: guestPort,
  headerPolicy: "local",
  dial,
  watch: watchDials(guestPort, dial),
};
const destination: Destination = {
  upstream,
  publicHost: `${guestPort}-${guest.sandboxId}.example.com`,
  proto: "https",
  clientIp: "192.0.2.1",
  requestId: "r",
  link: undefined,
  holder: "192.0.2.1",
  expiresAtMs: undefined,
};

const relay = createRelay({
  limits: { ...DEFAULT_RELAY_LIMITS, ...limits },
  findDestination: () => destination,
});
const server = net.createServer({ noDelay: true, allowHalfOpen: true }, (socket) => relay.accept(socket));
server.listen(port, "127.0.0.1", () => {
  const usesInternals = canSetOnRead() || canWriteToHandle();
  const ready = { port: (server.address() as net.AddressInfo).port, usesInternals };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
});

process.once("SIGTERM", async () => {
  server.close();
  process.once("SIGTERM", () => process.exit(1));
  await relay.drain();
  process.exit(0);
});
process.on("SIGUSR2", () => {
  globalThis.gc?.();
  const report = { ...relay.stats(), rss: process.memoryUsage().rss };
  process.stdout.write(`${JSON.stringify(report)}\n`);
});
