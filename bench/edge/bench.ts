import type { ProcessGroup } from "../shared/processes/process-group.ts";
import type { Previews } from "./deployment.ts";
import type { Options } from "./parse-options.ts";
import type { WorkerPorts } from "./worker-ports.ts";

/** Shared by all parts of a run. */
export interface Bench {
  readonly options: Options;
  readonly group: ProcessGroup;
  readonly ports: WorkerPorts;
  /** The process id of the one workerd. */
  readonly pid: number;
  readonly previews: Previews;
  readonly countedPreviews: Previews;
}
