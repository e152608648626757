import { readFileSync } from "node:fs";
import { join } from "node:path";
import { findFreePort } from "../../dev/find-free-port.ts";
import { OptionsFile } from "../../dev/options-file.ts";
import type { ProcessGroup } from "../shared/processes/process-group.ts";
import { ProgramError } from "../shared/processes/process-group.ts";
import { processTree } from "../shared/processes/process-tree.ts";
import { untilListening } from "../shared/processes/until-listening.ts";
import { withProcesses } from "../shared/processes/with-processes.ts";
import type { Bench } from "./bench.ts";
import type { Secrets } from "./deployment.ts";
import { createSecrets, deploy } from "./deployment.ts";
import type { Options } from "./parse-options.ts";
import type { ServeOptions } from "./serve-workers.ts";
import type { WorkerPorts } from "./worker-ports.ts";

/** Sets the bench up for some work, and removes everything afterwards, also after a failure or a signal. */
export async function withWorkers<Result>(
  options: Options,
  work: (bench: Bench) => Promise<Result>,
): Promise<Result> {
  return withProcesses("bench-edge", options.loadCore, (directory, group) =>
    prepare(options, directory, group).then(work),
  );
}

async function prepare(options: Options, directory: string, group: ProcessGroup): Promise<Bench> {
  const core = options.loadCore;
  const origin = await startOrigin(group, core);
  const secrets = await createSecrets();
  const { ports, pid } = await startWorkers(group, options.workerCore, directory, origin, secrets);
  const previews = await deploy(ports.edge, secrets.adminToken, origin);
  const countedPreviews = await deploy(ports.countedEdge, secrets.adminToken, origin);
  return { options, group, ports, pid, previews, countedPreviews };
}

async function startOrigin(group: ProcessGroup, core: number): Promise<string> {
  const port = await findFreePort();
  const program = join(import.meta.dirname, "serve-origin.ts");
  group.serve([process.execPath, program, String(port)], { name: "origin", core });
  await untilListening(group, "origin", [port]);
  return `http://127.0.0.1:${port}`;
}

async function startWorkers(
  group: ProcessGroup,
  core: number,
  directory: string,
  origin: string,
  { bindings }: Secrets,
): Promise<{ ports: WorkerPorts; pid: number }> {
  const ports: WorkerPorts = {
    respond: await findFreePort(),
    floor: await findFreePort(),
    floorCall: await findFreePort(),
    edge: await findFreePort(),
    countedEdge: await findFreePort(),
  };
  const serve = new OptionsFile<ServeOptions>(join(directory, "workers.json"));
  await serve.write({ ports, stateDirectory: join(directory, "state"), origin, bindings });
  const program = join(import.meta.dirname, "serve-workers.ts");
  const child = group.serve([process.execPath, program, serve.path], { name: "workers", core });
  await untilListening(group, "workers", Object.values(ports));
  return { ports, pid: findWorkerd(child.pid!) };
}

/** Miniflare's own process, the parent of workerd, is not measured. */
function findWorkerd(parent: number): number {
  const pids = processTree(parent).filter(
    (pid) => readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "workerd",
  );
  if (pids.length !== 1) throw new ProgramError(`there should be one workerd, and are ${pids.length}`);
  return pids[0]!;
}
