import { buildConnector } from "./build-connector.ts";

/** `npm run build`: the connector as one file, for hosts that have Node ≥ 24. */
await buildConnector("dist/connector.mjs");
