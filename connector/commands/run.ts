import { Command, Option } from "commander";
import pino from "pino";
import { readConfig } from "../config.ts";
import { startConnector } from "../connector.ts";
import { drainOnSignal } from "./drain-on-signal.ts";
import type { ConfigOptions } from "./options.ts";
import { configOption } from "./options.ts";
import { reportFailure } from "./report-failure.ts";

interface RunOptions extends ConfigOptions {
  readonly logLevel: string;
}

export function createRunCommand(): Command {
  return new Command("run")
    .description("serve this host's guests until told to stop")
    .addOption(configOption())
    .addOption(new Option("--log-level <level>").choices(["debug", "info", "warn", "error"]).default("info"))
    .action(reportFailure(run));
}

async function run(options: RunOptions): Promise<void> {
  const log = pino({ level: options.logLevel });
  const connector = await startConnector(await readConfig(options.config), log);
  drainOnSignal(connector, log);
}
