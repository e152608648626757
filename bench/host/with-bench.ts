import { join } from "node:path";
import { ensurePrograms } from "../shared/ensure-programs.ts";
import type { ProcessGroup } from "../shared/processes/process-group.ts";
import { withProcesses } from "../shared/processes/with-processes.ts";
import type { Bench } from "./bench.ts";
import type { Options } from "./options.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** Sets the bench up for some work, and removes everything afterwards, also after a failure or a signal. */
export async function withBench<Result>(
  options: Options,
  work: (bench: Bench) => Promise<Result>,
): Promise<Result> {
  ensurePrograms(["taskset", "prlimit", "setpriv"]);
  return withProcesses("bench-host", options.loadCore, (directory, group) =>
    prepare(options, directory, group).then(work),
  );
}

async function prepare(options: Options, directory: string, group: ProcessGroup): Promise<Bench> {
  const core = options.loadCore;
  const build = [process.execPath, join(ROOT, "dev", "build.ts")];
  await group.run(build, { name: "build", core, directory: ROOT });
  return { options, directory, group, program: join(ROOT, "dist", "connector.mjs") };
}
