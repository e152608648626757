import { join } from "node:path";
import type { ProcessGroup } from "../../shared/processes/process-group.ts";
import { ProgramError } from "../../shared/processes/process-group.ts";

const SCRIPT = join(import.meta.dirname, "report.lua");
export const CONNECTIONS = 64;
/** Longer than any response of a Worker takes on a busy machine. */
const RESPONSE_TIMEOUT_S = 20;

export interface WrkLoad {
  readonly port: number;
  readonly hostnames: readonly string[];
  /** Whole seconds. */
  readonly seconds: number;
  /** Each response must be a refusal; default: none may be. */
  readonly refused?: boolean;
}

export interface WrkResult {
  readonly requests: number;
  readonly seconds: number;
}

/**
 * Sends requests as fast as responses come, over keep-alive connections.
 *
 * @throws {ProgramError} where a response is of the other kind, which has another cost
 */
export async function runWrk(group: ProcessGroup, core: number, load: WrkLoad): Promise<WrkResult> {
  const { port, hostnames, seconds, refused = false } = load;
  const amount = ["-t1", `-c${CONNECTIONS}`, `-d${seconds}s`, `--timeout=${RESPONSE_TIMEOUT_S}s`];
  const command = ["wrk", ...amount, "-s", SCRIPT, `http://127.0.0.1:${port}/`, "--", ...hostnames];
  const output = await group.run(command, { name: "wrk", core });
  const result = JSON.parse(output.trim().split("\n").at(-1)!) as WrkResult & {
    refused: number;
    broken: number;
  };
  const expected = refused ? result.requests : 0;
  if (result.refused !== expected || result.broken > 0 || result.requests === 0)
    throw new ProgramError(`wrk at ${hostnames[0]} got unexpected responses: ${JSON.stringify(result)}`);
  return result;
}
