import { isIPv6 } from "node:net";
import { createAgentServer } from "./create-agent-server.ts";
import { createGatewayGuard } from "./create-gateway-guard.ts";
import { openListeners } from "./kernel/open-listeners.ts";
import { openSocketCount } from "./kernel/open-socket-count.ts";
import { parseAgentOptions } from "./parse-agent-options.ts";
import { PortRegistry } from "./port-registry.ts";
import { PortWatch } from "./port-watch.ts";

const options = parseAgentOptions(process.env);
const registry = new PortRegistry(options.excludedPorts);
const watch = new PortWatch(registry, { listening: openListeners(), socketCount: openSocketCount() });
const isGateway = createGatewayGuard(options.gateways);
const server = createAgentServer({ registry, watch, isGateway });

watch.start();
server.listen(options.port, options.gateways.some(isIPv6) ? "::" : "0.0.0.0");
server.once("listening", () => console.log(`agent listens on port ${options.port}`));
process.once("SIGTERM", () => process.exit(0));
