import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProcessGroup } from "./process-group.ts";
import { untilSignal } from "./until-signal.ts";

/**
 * Does some work with a folder and processes of its own, and removes both afterwards, also after a failure or a signal.
 *
 * @param core where this process itself runs: the load's
 */
export async function withProcesses<Result>(
  name: string,
  core: number,
  work: (directory: string, group: ProcessGroup) => Promise<Result>,
): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), `${name}-`));
  const group = new ProcessGroup(directory);
  const pin = ["taskset", "--all-tasks", "--cpu-list", "--pid", String(core), String(process.pid)];
  try {
    const pinned = group.run(pin, { name: "taskset", core });
    return await Promise.race([untilSignal(), pinned.then(() => work(directory, group))]);
  } finally {
    await group.stopAll();
    await rm(directory, { recursive: true, force: true });
  }
}
