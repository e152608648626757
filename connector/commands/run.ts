import { Command, InvalidArgumentError, Option } from "commander";
import pino from "pino";
import { readConfig } from "../config.ts";
import type { WorkersOption } from "../supervisor/choose-workers.ts";
import { MAX_WORKERS } from "../supervisor/choose-workers.ts";
import { runHost, runWorker } from "../supervisor/run-child.ts";
import { runSupervisor } from "../supervisor/run-supervisor.ts";
import type { ConfigOptions } from "./options.ts";
import { configOption } from "./options.ts";
import { reportFailure } from "./report-failure.ts";

interface RunOptions extends ConfigOptions {
  readonly logLevel: string;
  readonly takeOver?: boolean;
  readonly workers: WorkersOption;
}

export function createRunCommand(): Command {
  return new Command("run")
    .description("serve this host's guests until told to stop; SIGHUP reloads")
    .option("--take-over", "take the place of another connector of this host that the edge has just heard")
    .addOption(configOption())
    .addOption(
      new Option("--workers <count>", "relay workers, or auto").default("auto").argParser(parseWorkers),
    )
    .addOption(new Option("--log-level <level>").choices(["debug", "info", "warn", "error"]).default("info"))
    .action(reportFailure(run));
}

/** What the supervisor starts. */
export function createChildCommands(): Command[] {
  return [
    new Command("run-host").description("started by run").action(runHost),
    new Command("run-worker").description("started by run").action(runWorker),
    new Command("plan")
      .description("print the configuration after every check")
      .addOption(configOption())
      .action(reportFailure(plan)),
  ];
}

async function run(options: RunOptions): Promise<void> {
  await runSupervisor({
    command: [process.execPath, ...process.execArgv, process.argv[1] ?? ""],
    configFile: options.config,
    workers: options.workers,
    takesOver: options.takeOver ?? false,
    logLevel: options.logLevel,
    log: pino({ level: options.logLevel }),
  });
}

async function plan({ config }: ConfigOptions): Promise<void> {
  process.stdout.write(JSON.stringify({ config: await readConfig(config) }));
}

/** @throws {InvalidArgumentError} */
function parseWorkers(text: string): WorkersOption {
  if (text === "auto") return text;
  const count = Number(text);
  if (/^\d{1,3}$/.test(text) && count >= 1 && count <= MAX_WORKERS) return count;
  throw new InvalidArgumentError(`must be auto, or 1 to ${MAX_WORKERS}`);
}
