import { Command } from "commander";
import { guestPath } from "../../shared/protocol/control-api.ts";
import { readConfig } from "../config.ts";
import { callConnector } from "../control/call-connector.ts";
import type { ConfigOptions } from "./options.ts";
import { configOption } from "./options.ts";
import { reportFailure } from "./report-failure.ts";

interface DetachOptions extends ConfigOptions {
  readonly sandbox: string;
}

export function createDetachCommand(): Command {
  return new Command("detach")
    .description("end a guest's reachability, at once")
    .requiredOption("--sandbox <uuid>", "the sandbox's id")
    .addOption(configOption())
    .action(reportFailure(detach));
}

async function detach(options: DetachOptions): Promise<void> {
  const { controlSocket } = await readConfig(options.config);
  await callConnector(controlSocket, "DELETE", guestPath(options.sandbox));
  console.log(`${options.sandbox}: detached`);
}
