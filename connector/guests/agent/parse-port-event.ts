import { z } from "zod";
import { MAX_PORTS_PER_SANDBOX } from "../../../shared/port.ts";
import type { PortEvent, PortScan } from "../../../shared/protocol/agent-protocol.ts";
import { MAX_WAITING_PORTS } from "../../../shared/protocol/agent-protocol.ts";

const port = z.int().min(1).max(65_535);
const report = z.object({ port, reach: z.enum(["direct", "127.0.0.1", "::1"]) });
const reports = z.array(report).max(MAX_PORTS_PER_SANDBOX);
const waiting = z.array(port).max(MAX_WAITING_PORTS);

const scanSchema = z.object({ ports: reports, waiting });
const eventSchema = z.discriminatedUnion("event", [
  z.object({ event: z.literal("snapshot"), ports: reports, waiting }),
  z.object({
    event: z.literal("change"),
    open: reports,
    close: z.array(port).max(MAX_PORTS_PER_SANDBOX),
    waiting,
  }),
  z.object({ event: z.literal("alive") }),
]);

/** Reads one line of an agent's stream; `undefined` for anything that is not in the contract. */
export function parsePortEvent(line: string): PortEvent | undefined {
  return parse(eventSchema, line);
}

/** Reads an agent's answer to a fresh scan; `undefined` for anything that is not in the contract. */
export function parsePortScan(text: string): PortScan | undefined {
  return parse(scanSchema, text);
}

function parse<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
