import { beginTls } from "../../connector/relay/socket/begin-tls.ts";
import { dialAddresses } from "../../connector/relay/socket/dial-addresses.ts";
import { isRefusal } from "../../shared/refusal/refusal.ts";
import { SANDBOX_ID, startRelay } from "../support/relay/start-relay.ts";
import { conformanceSuite } from "./suite.ts";

/** TLS has no reset: a guest sees its connection end. */
const CAPABILITIES = { direct: true, showsResets: false, sendsResets: true, guestTls: true };

conformanceSuite("the relay in front of a server that speaks TLS", CAPABILITIES, async (guest) => {
  const dial = async () => {
    const dialled = await dialAddresses([{ host: "127.0.0.1", port: guest.port }], 2_000);
    return isRefusal(dialled) ? dialled : beginTls(dialled);
  };
  const running = await startRelay(guest.port, { upstream: { scheme: "https", dial } });
  return {
    connect: running.connect,
    fields: { host: running.destination.publicHost },
    port: guest.port,
    origin: (port) => `https://${port}-${SANDBOX_ID}.example.com`,
    close: running.close,
  };
});
