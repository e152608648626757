import type { ProcessGroup } from "../shared/processes/process-group.ts";
import type { Options } from "./options.ts";

/** What the measures share. */
export interface Bench {
  readonly options: Options;
  /** Removed at the end. */
  readonly directory: string;
  readonly group: ProcessGroup;
  /** The connector as one file. */
  readonly program: string;
}
