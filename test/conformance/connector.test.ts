import { SANDBOX_ID, startRelay } from "../support/start-relay.ts";
import { conformanceSuite } from "./suite.ts";

conformanceSuite("the relay alone", async (guest) => {
  const running = await startRelay(guest.port);
  return {
    connect: running.connect,
    fields: { host: running.destination.publicHost },
    port: guest.port,
    origin: (port) => `https://${port}-${SANDBOX_ID}.example.com`,
    direct: true,
    close: running.close,
  };
});
