import type { ServerResponse } from "node:http";
import type { PortEvent } from "../shared/protocol/agent-protocol.ts";
import { AGENT_ALIVE_INTERVAL_MS } from "../shared/protocol/agent-protocol.ts";
import type { PortRegistry } from "./port-registry.ts";
import type { PortWatch } from "./port-watch.ts";

/** A reader that is this far behind is cut; it gets a snapshot when it comes back. */
const MAX_UNREAD_BYTES = 262_144;

/** Tells a connector the ports as they are, then every change, until it leaves. */
export function streamPorts(response: ServerResponse, registry: PortRegistry, watch: PortWatch): void {
  response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  const tell = (event: PortEvent): void => {
    response.write(`${JSON.stringify(event)}\n`);
    if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
  };
  tell({ event: "snapshot", ...registry.scan() });
  const unsubscribe = watch.subscribe((change) => tell({ event: "change", ...change }));
  const alive = setInterval(() => tell({ event: "alive" }), AGENT_ALIVE_INTERVAL_MS);
  response.on("close", () => {
    clearInterval(alive);
    unsubscribe();
  });
}
