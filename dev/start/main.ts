import { openUrl } from "../../sdk/typescript/src/cli/desktop.ts";
import { parseOptions } from "./parse-options.ts";
import { startSystem } from "./start-system.ts";
import { Supervisor } from "./supervisor.ts";
import type { SystemDescription } from "./system-description.ts";
import { describeFailure } from "./terminal/describe-failure.ts";
import { describeSystem } from "./terminal/describe-system.ts";

const options = parseOptions(process.argv.slice(2));
const supervisor = new Supervisor(options.stateDirectory, progress);

/** Ctrl-C arrives more than once: from the terminal, from npm and from the process that started this one. */
const SAME_SIGNAL_MS = 1_000;

let endingSinceMs: number | undefined;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
// The process that started this one was killed.
if (process.connected) process.on("disconnect", stop);

try {
  const system = await startSystem(options, supervisor, progress);
  print(system);
  if (options.open && !(await openUrl(system.previewUrl)))
    progress("there is no program that opens a browser");
} catch (error) {
  if (endingSinceMs === undefined) {
    console.error(describeFailure(error) ?? error);
    await supervisor.stop();
    process.exit(1);
  }
}

/** Parts also end when this process does, so a second signal ends all at once. */
function stop(): void {
  if (endingSinceMs !== undefined) {
    if (performance.now() - endingSinceMs > SAME_SIGNAL_MS) process.exit(1);
    return;
  }
  endingSinceMs = performance.now();
  progress("stopping");
  supervisor.stop().finally(() => process.exit(0));
}

function print(system: SystemDescription): void {
  if (options.json) process.stdout.write(`${JSON.stringify(system)}\n`);
  else console.log(describeSystem(system, options, process.stdout.isTTY ? process.stdout.columns : 0));
}

function progress(step: string): void {
  process.stderr.write(`· ${step}\n`);
}
