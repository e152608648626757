import { join } from "node:path";
import type { ProcessGroup } from "../../shared/processes/process-group.ts";
import { ProgramError } from "../../shared/processes/process-group.ts";

const SCRIPT = join(import.meta.dirname, "report.lua");
export const CONNECTIONS = 64;
/** Longer than a busy machine keeps a Worker waiting. */
const ANSWER_TIMEOUT_S = 20;

export interface WrkLoad {
  readonly port: number;
  readonly hostnames: readonly string[];
  /** Whole seconds. */
  readonly seconds: number;
  /** Each answer must be a refusal, where usually none may be. */
  readonly refused?: boolean;
}

export interface WrkResult {
  readonly requests: number;
  readonly seconds: number;
}

/**
 * Sends requests as fast as they are answered, over keep-alive connections.
 *
 * @throws {ProgramError} where an answer is not what it should be: the other kind costs something else
 */
export async function runWrk(group: ProcessGroup, core: number, load: WrkLoad): Promise<WrkResult> {
  const { port, hostnames, seconds, refused = false } = load;
  const amount = ["-t1", `-c${CONNECTIONS}`, `-d${seconds}s`, `--timeout=${ANSWER_TIMEOUT_S}s`];
  const command = ["wrk", ...amount, "-s", SCRIPT, `http://127.0.0.1:${port}/`, "--", ...hostnames];
  const output = await group.run(command, { name: "wrk", core });
  const result = JSON.parse(output.trim().split("\n").at(-1)!) as WrkResult & {
    refused: number;
    broken: number;
  };
  const expected = refused ? result.requests : 0;
  if (result.refused !== expected || result.broken > 0 || result.requests === 0)
    throw new ProgramError(`wrk at ${hostnames[0]} was not answered as expected: ${JSON.stringify(result)}`);
  return result;
}
