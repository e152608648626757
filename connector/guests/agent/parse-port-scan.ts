import * as z from "zod";
import type { PortScan } from "../../../shared/protocol/agent-protocol.ts";
import { parseJson } from "./parse-json.ts";
import { portReportsSchema, waitingPortsSchema } from "./port-schemas.ts";

const scanSchema = z.object({ ports: portReportsSchema, waiting: waitingPortsSchema });

/** Reads an agent's response to a request for a scan; `undefined` for anything that is not in the contract. */
export function parsePortScan(text: string): PortScan | undefined {
  return parseJson(scanSchema, text);
}
