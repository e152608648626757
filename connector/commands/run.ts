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
  readonly takeOver?: boolean;
}

export function createRunCommand(): Command {
  return new Command("run")
    .description("serve this host's guests until told to stop")
    .option("--take-over", "take the place of another connector of this host that the edge has just heard")
    .addOption(configOption())
    .addOption(new Option("--log-level <level>").choices(["debug", "info", "warn", "error"]).default("info"))
    .action(reportFailure(run));
}

async function run(options: RunOptions): Promise<void> {
  const log = pino({ level: options.logLevel });
  const config = await readConfig(options.config);
  const connector = await startConnector(config, log, { takesOver: options.takeOver ?? false });
  drainOnSignal(connector, log);
}
