import { describeSystem } from "./describe-system.ts";
import { parseOptions } from "./parse-options.ts";
import { StartError } from "./start-error.ts";
import { startSystem } from "./start-system.ts";
import { PartError, Supervisor } from "./supervisor.ts";
import type { SystemDescription } from "./system-description.ts";

const options = parseOptions(process.argv.slice(2));
const supervisor = new Supervisor(options.stateDirectory, progress);

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    progress("stopping");
    supervisor.stop().finally(() => process.exit(0));
  });
}

try {
  print(await startSystem(options, supervisor, progress));
} catch (error) {
  const expected = error instanceof StartError || error instanceof PartError;
  console.error(expected ? error.message : error);
  await supervisor.stop();
  process.exit(1);
}

function print(system: SystemDescription): void {
  if (options.json) process.stdout.write(`${JSON.stringify(system)}\n`);
  else console.log(describeSystem(system, options));
}

function progress(step: string): void {
  process.stderr.write(`· ${step}\n`);
}
