import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensurePrograms } from "../shared/ensure-programs.ts";
import { ProcessGroup } from "../shared/processes/process-group.ts";
import { untilSignal } from "../shared/processes/until-signal.ts";
import type { Bench } from "./bench.ts";
import type { Options } from "./options.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** Sets the bench up for some work, and removes everything afterwards, also after a failure or a signal. */
export async function withBench<Result>(
  options: Options,
  work: (bench: Bench) => Promise<Result>,
): Promise<Result> {
  ensurePrograms(["taskset", "prlimit", "setpriv"]);
  const directory = await mkdtemp(join(tmpdir(), "bench-host-"));
  const group = new ProcessGroup(directory);
  try {
    return await Promise.race([untilSignal(), prepare(options, directory, group).then(work)]);
  } finally {
    await group.stopAll();
    await rm(directory, { recursive: true, force: true });
  }
}

async function prepare(options: Options, directory: string, group: ProcessGroup): Promise<Bench> {
  const core = options.loadCore;
  // The work of this process itself belongs to the load's core.
  const pin = ["taskset", "--all-tasks", "--cpu-list", "--pid", String(core), String(process.pid)];
  await group.run(pin, { name: "taskset", core });
  const build = [process.execPath, join(ROOT, "dev", "build.ts")];
  await group.run(build, { name: "build", core, directory: ROOT });
  return { options, directory, group, program: join(ROOT, "dist", "connector.mjs") };
}
