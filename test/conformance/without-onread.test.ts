import { fileURLToPath } from "node:url";
import { RELAY_PROCESS_SANDBOX_ID, startRelayChild } from "../support/relay-child.ts";
import { conformanceSuite } from "./suite.ts";

const HIDE_ONREAD_FIELDS = fileURLToPath(new URL("../support/hide-onread-fields.ts", import.meta.url));

conformanceSuite("the relay on a Node that keeps `onread` elsewhere", async (guest) => {
  const child = await startRelayChild(guest.port, {
    limits: { sweepIntervalMs: 20 },
    flags: ["--import", HIDE_ONREAD_FIELDS],
  });
  const end = async () => {
    child.process.kill("SIGKILL");
    await child.exited;
  };
  if (child.lendsReads) {
    await end();
    throw new Error("the relay has found the fields that this suite is to do without");
  }
  const origin = (port: number) => `https://${port}-${RELAY_PROCESS_SANDBOX_ID}.example.com`;
  return {
    connect: child.connect,
    fields: { host: new URL(origin(guest.port)).host },
    port: guest.port,
    origin,
    direct: true,
    close: end,
  };
});
