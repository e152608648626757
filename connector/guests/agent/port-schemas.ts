import * as z from "zod";
import { MAX_PORTS_PER_SANDBOX } from "../../../shared/port.ts";
import { MAX_WAITING_PORTS } from "../../../shared/protocol/agent-protocol.ts";
import { portSchema } from "../../../shared/protocol/schemas.ts";

const portReachSchema = z.enum(["direct", "127.0.0.1", "::1"]);

/** What an agent may report as registered: `PortReport`s. */
export const portReportsSchema = z
  .array(z.object({ port: portSchema, reach: portReachSchema }))
  .max(MAX_PORTS_PER_SANDBOX);

/** What an agent may report as waiting. */
export const waitingPortsSchema = z.array(portSchema).max(MAX_WAITING_PORTS);
