import { SANDBOX_ID, startRelay } from "../support/relay/start-relay.ts";
import { conformanceSuite } from "./suite.ts";

const CAPABILITIES = { direct: true, showsResets: true, sendsResets: true };

conformanceSuite("the relay alone", CAPABILITIES, async (guest) => {
  const running = await startRelay(guest.port);
  return {
    connect: running.connect,
    fields: { host: running.destination.publicHost },
    port: guest.port,
    origin: (port) => `https://${port}-${SANDBOX_ID}.example.com`,
    close: running.close,
  };
});
