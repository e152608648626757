import * as net from "node:net";
import { RunningSystem } from "../support/running-system.ts";
import { conformanceSuite } from "./suite.ts";

/** workerd parses each request and response; a reset by the relay need not reach the visitor. */
const CAPABILITIES = { direct: false, showsResets: false, sendsResets: true };

conformanceSuite("the whole edge", CAPABILITIES, async (guest) => {
  const system = await RunningSystem.start([{ host: "127.0.0.1", port: guest.port }]);
  const { sandboxId, previewSuffix } = system.description;
  const edgePort = Number(previewSuffix.split(":")[1]);
  return {
    connect: () => net.connect({ port: edgePort, host: "127.0.0.1", allowHalfOpen: true, noDelay: true }),
    fields: { host: `${guest.port}-${sandboxId}.${previewSuffix}` },
    port: guest.port,
    origin: (port) => system.urlOf(sandboxId, port),
    close: () => system.stop(),
  };
});
