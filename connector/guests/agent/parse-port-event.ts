import * as z from "zod";
import type { PortEvent } from "../../../shared/protocol/agent-protocol.ts";
import { portsSchema } from "../../../shared/protocol/schemas.ts";
import { parseJson } from "./parse-json.ts";
import { portReportsSchema, waitingPortsSchema } from "./port-schemas.ts";

const eventSchema = z.discriminatedUnion("event", [
  z.object({ event: z.literal("snapshot"), ports: portReportsSchema, waiting: waitingPortsSchema }),
  z.object({
    event: z.literal("change"),
    open: portReportsSchema,
    close: portsSchema,
    waiting: waitingPortsSchema,
  }),
  z.object({ event: z.literal("alive") }),
]);

/** Reads one line of an agent's stream; `undefined` for anything that is not in the contract. */
export function parsePortEvent(line: string): PortEvent | undefined {
  return parseJson(eventSchema, line);
}
