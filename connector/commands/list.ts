import { Command } from "commander";
import type { ListedGuest, Status } from "../../shared/protocol/control-api.ts";
import {
  GUESTS_PATH,
  guestListSchema,
  STATUS_PATH,
  statusSchema,
} from "../../shared/protocol/control-api.ts";
import { readConfig } from "../config.ts";
import { callConnector } from "../control/call-connector.ts";
import type { ConfigOptions } from "./options.ts";
import { configOption } from "./options.ts";
import { reportFailure } from "./report-failure.ts";

interface ListOptions extends ConfigOptions {
  readonly json?: boolean;
}

export function createListCommand(): Command {
  return new Command("list")
    .description("show attached guests")
    .option("--json", "one JSON document")
    .addOption(configOption())
    .action(reportFailure(list));
}

async function list(options: ListOptions): Promise<void> {
  const { controlSocket } = await readConfig(options.config);
  const { guests } = guestListSchema.parse(await callConnector(controlSocket, "GET", GUESTS_PATH));
  const status = statusSchema.parse(await callConnector(controlSocket, "GET", STATUS_PATH));
  if (options.json) console.log(JSON.stringify(guests, undefined, 2));
  else for (const guest of guests) console.log(describeGuest(guest));
  for (const warning of findWarnings(status)) console.error(warning);
}

function describeGuest({ sandboxId, address, ports, edgeKnows, edgeRefusal }: ListedGuest): string {
  const facts = [sandboxId, address, ports.join(",")];
  if (edgeRefusal !== undefined) facts.push(`not reachable: ${edgeRefusal}`);
  else if (!edgeKnows) facts.push("not reachable yet: the edge has not accepted it");
  return facts.join("  ");
}

/** What an operator has to know, though guests are listed as usual. */
function findWarnings({ edge, keys }: Status): string[] {
  const warnings: string[] = [];
  if (edge.failure !== undefined)
    warnings.push(
      `warning: the last heartbeat failed: ${edge.failure}; the last good one: ${describeTime(edge.heardAtMs)}`,
    );
  if (keys.usableUntilMs === undefined)
    warnings.push(
      `warning: there are no keys of the edge, so visitors get 503: ${keys.failure ?? "not fetched yet"}`,
    );
  else if (keys.failure !== undefined)
    warnings.push(
      `warning: ${keys.failure}; the keys of ${describeTime(keys.fetchedAtMs)} are used until ${describeTime(keys.usableUntilMs)}`,
    );
  return warnings;
}

function describeTime(ms: number | undefined): string {
  return ms === undefined ? "never" : new Date(ms).toISOString();
}
