import { fileURLToPath } from "node:url";
import { RELAY_PROCESS_SANDBOX_ID, startRelayChild } from "../support/relay/relay-child.ts";
import { conformanceSuite } from "./suite.ts";

const HIDE_NODE_INTERNALS = fileURLToPath(
  new URL("../support/relay/hide-node-internals.ts", import.meta.url),
);
const CAPABILITIES = { direct: true, showsResets: true, sendsResets: true };

conformanceSuite("the relay on a Node that hides its internals", CAPABILITIES, async (guest) => {
  const child = await startRelayChild(guest.port, {
    limits: { sweepIntervalMs: 20 },
    flags: ["--import", HIDE_NODE_INTERNALS],
  });
  const end = async () => {
    child.process.kill("SIGKILL");
    await child.exited;
  };
  if (child.usesInternals) {
    await end();
    throw new Error("the relay has found the internals that this suite hides");
  }
  const origin = (port: number) => `https://${port}-${RELAY_PROCESS_SANDBOX_ID}.example.com`;
  return {
    connect: child.connect,
    fields: { host: new URL(origin(guest.port)).host },
    port: guest.port,
    origin,
    close: end,
  };
});
