import { once } from "node:events";
import * as net from "node:net";
import type {
  Destination,
  Relay,
  RelayLimits,
  RelayOptions,
  Upstream,
} from "../../../connector/relay/relay.ts";
import { createRelay, DEFAULT_RELAY_LIMITS } from "../../../connector/relay/relay.ts";
import { dialAddresses } from "../../../connector/relay/socket/dial-addresses.ts";
import { watchDials } from "./watch-dials.ts";

export const SANDBOX_ID = "0f4bb8a1-1111-4222-8333-444455556666";

/** A relay that listens on loopback and leads all requests to one port of one guest. */
export interface RunningRelay {
  readonly relay: Relay;
  readonly port: number;
  readonly destination: Destination;
  connect(): net.Socket;
  close(): Promise<void>;
}

export interface RelayFacts {
  readonly limits?: Partial<RelayLimits>;
  readonly destination?: Partial<Destination>;
  readonly upstream?: Partial<Upstream>;
  readonly findDestination?: RelayOptions["findDestination"];
  readonly onExchange?: RelayOptions["onExchange"];
  readonly onBug?: RelayOptions["onBug"];
}

export async function startRelay(guestPort: number, facts: RelayFacts = {}): Promise<RunningRelay> {
  const destination = destinationTo(guestPort, facts);
  const relay = createRelay({
    limits: { ...DEFAULT_RELAY_LIMITS, sweepIntervalMs: 20, ...facts.limits },
    findDestination: facts.findDestination ?? (() => destination),
    ...(facts.onExchange && { onExchange: facts.onExchange }),
    ...(facts.onBug && { onBug: facts.onBug }),
  });
  const server = net.createServer((socket) => relay.accept(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  return {
    relay,
    port,
    destination,
    connect: () => net.connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true }),
    async close() {
      relay.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** A destination at a guest's port on loopback. */
export function destinationTo(guestPort: number, facts: RelayFacts = {}): Destination {
  const dial = () => dialAddresses([{ host: "127.0.0.1", port: guestPort }], 2_000);
  const upstream: Upstream = {
    guest: { sandboxId: SANDBOX_ID },
    port: guestPort,
    headerPolicy: "local",
    dial,
    watch: watchDials(guestPort, dial),
    ...facts.upstream,
  };
  return {
    upstream,
    publicHost: `${guestPort}-${SANDBOX_ID}.example.com`,
    proto: "https",
    clientIp: "192.0.2.7",
    requestId: "request-1",
    link: undefined,
    holder: "192.0.2.7",
    expiresAtMs: undefined,
    ...facts.destination,
  };
}
