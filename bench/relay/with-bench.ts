import { join } from "node:path";
import { ALL_PROGRAMS, ensurePrograms } from "../shared/ensure-programs.ts";
import { buildGo } from "../shared/processes/build-go.ts";
import { createCertificate } from "../shared/processes/create-certificate.ts";
import type { ProcessGroup } from "../shared/processes/process-group.ts";
import { withProcesses } from "../shared/processes/with-processes.ts";
import type { Bench } from "./bench.ts";
import type { Options } from "./options.ts";
import { startOrigins } from "./start-origins.ts";

/** Sets the bench up for some work, and removes everything afterwards, also after a failure or a signal. */
export function withBench<Result>(
  options: Options,
  work: (bench: Bench) => Promise<Result>,
): Promise<Result> {
  ensurePrograms(ALL_PROGRAMS);
  return withProcesses("bench-relay", options.loadCore, (directory, group) =>
    prepare(options, directory, group).then(work),
  );
}

async function prepare(options: Options, directory: string, group: ProcessGroup): Promise<Bench> {
  const cores = { proxy: options.proxyCore, load: options.loadCore };
  const wire = await buildGo(group, join(import.meta.dirname, "wire"), directory, cores.load);
  const goProxy = await buildGo(group, join(import.meta.dirname, "go-proxy"), directory, cores.load);
  const certificate = await createCertificate(group, directory, cores.load);
  const origins = await startOrigins(group, directory, wire, cores.load);
  return { options, cores, directory, group, origins, certificate, wire, goProxy };
}
