import { Command } from "commander";
import { GUESTS_PATH, guestListSchema } from "../../shared/protocol/control-api.ts";
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
  if (options.json) console.log(JSON.stringify(guests, undefined, 2));
  else
    for (const { sandboxId, address, ports } of guests)
      console.log(`${sandboxId}  ${address}  ${ports.join(",")}`);
}
