import { once } from "node:events";
import type * as net from "node:net";
import * as tls from "node:tls";
import { createRelay, DEFAULT_RELAY_LIMITS } from "../../connector/relay/relay.ts";
import { createCertificate } from "../support/create-certificate.ts";
import { destinationTo, SANDBOX_ID } from "../support/relay/start-relay.ts";
import { conformanceSuite } from "./suite.ts";

const CAPABILITIES = { direct: true, showsResets: false, sendsResets: false };

conformanceSuite("the relay behind TLS", CAPABILITIES, async (guest) => {
  const destination = destinationTo(guest.port);
  const relay = createRelay({
    limits: { ...DEFAULT_RELAY_LIMITS, sweepIntervalMs: 20 },
    findDestination: () => destination,
  });
  const { cert, key } = await createCertificate();
  const server = tls.createServer({ cert, key, noDelay: true }, (socket) => relay.accept(socket));
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  return {
    connect: () => {
      const socket = tls.connect({ port, host: "127.0.0.1", servername: "localhost", ca: cert });
      socket.allowHalfOpen = true;
      return socket;
    },
    fields: { host: destination.publicHost },
    port: guest.port,
    origin: (guestPort) => `https://${guestPort}-${SANDBOX_ID}.example.com`,
    async close() {
      relay.destroy();
      server.close();
      await once(server, "close");
    },
  };
});
