import type { ServerResponse } from "node:http";
import type { PortEvent } from "../shared/protocol/agent-protocol.ts";
import { AGENT_ALIVE_INTERVAL_MS } from "../shared/protocol/agent-protocol.ts";
import type { PortRegistry } from "./port-registry.ts";
import type { PortWatch } from "./port-watch.ts";

/** A reader with more unread bytes is disconnected; it gets a snapshot when it connects again. */
const MAX_UNREAD_BYTES = 262_144;

/** Sends a connector the ports, then every change, until it disconnects. */
export function streamPorts(response: ServerResponse, registry: PortRegistry, watch: PortWatch): void {
  response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  const send = (event: PortEvent): void => {
    response.write(`${JSON.stringify(event)}\n`);
    if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
  };
  send({ event: "snapshot", ...registry.scan() });
  const unsubscribe = watch.subscribe((change) => send({ event: "change", ...change }));
  const alive = setInterval(() => send({ event: "alive" }), AGENT_ALIVE_INTERVAL_MS);
  response.on("close", () => {
    clearInterval(alive);
    unsubscribe();
  });
}
