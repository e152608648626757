import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ALL_PROGRAMS, ensurePrograms } from "../shared/ensure-programs.ts";
import { buildGo } from "../shared/processes/build-go.ts";
import { createCertificate } from "../shared/processes/create-certificate.ts";
import { ProcessGroup } from "../shared/processes/process-group.ts";
import { untilSignal } from "../shared/processes/until-signal.ts";
import type { Bench } from "./bench.ts";
import type { Options } from "./options.ts";
import { startOrigins } from "./start-origins.ts";

/** Sets the bench up for some work, and removes everything afterwards, also after a failure or a signal. */
export async function withBench<Result>(
  options: Options,
  work: (bench: Bench) => Promise<Result>,
): Promise<Result> {
  ensurePrograms(ALL_PROGRAMS);
  const directory = await mkdtemp(join(tmpdir(), "bench-relay-"));
  const group = new ProcessGroup(directory);
  try {
    return await Promise.race([untilSignal(), prepare(options, directory, group).then(work)]);
  } finally {
    await group.stopAll();
    await rm(directory, { recursive: true, force: true });
  }
}

async function prepare(options: Options, directory: string, group: ProcessGroup): Promise<Bench> {
  const cores = { proxy: options.proxyCore, load: options.loadCore };
  // The work of this process itself belongs to the load's core.
  await group.run(
    ["taskset", "--all-tasks", "--cpu-list", "--pid", String(cores.load), String(process.pid)],
    {
      name: "taskset",
      core: cores.load,
    },
  );
  const wire = await buildGo(group, join(import.meta.dirname, "wire"), directory, cores.load);
  const goProxy = await buildGo(group, join(import.meta.dirname, "go-proxy"), directory, cores.load);
  const certificate = await createCertificate(group, directory, cores.load);
  const origins = await startOrigins(group, directory, wire, cores.load);
  return { options, cores, directory, group, origins, certificate, wire, goProxy };
}
