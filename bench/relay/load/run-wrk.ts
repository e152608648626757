import { join } from "node:path";
import { ProgramError } from "../../shared/processes/process-group.ts";
import type { Bench } from "../bench.ts";
import type { Target } from "../proxies/proxy.ts";

const SCRIPT = join(import.meta.dirname, "report.lua");

/** Longer than any response of a proxy takes on a busy machine. */
const RESPONSE_TIMEOUT_S = 20;

export interface WrkLoad {
  readonly connections: number;
  readonly seconds: number;
  readonly method?: string;
  readonly bodyBytes?: number;
  readonly fields?: readonly string[];
}

export interface WrkResult {
  readonly requests: number;
  readonly seconds: number;
  /** Of all responses, in microseconds. */
  readonly p50: number;
  readonly p99: number;
}

/**
 * Sends the same request again and again, each connection as fast as responses come.
 *
 * @throws {ProgramError} where a response is not a success: a refusal costs a proxy less
 */
export async function runWrk(bench: Bench, target: Target, load: WrkLoad): Promise<WrkResult> {
  const { method = "GET", bodyBytes = 0, fields = [] } = load;
  const url = `${target.tls ? "https" : "http"}://localhost:${target.port}/`;
  const sent = [...target.fields[0]!, ...fields].flatMap((field) => ["-H", field]);
  // wrk counts in whole seconds.
  const amount = [
    "-t1",
    `--timeout=${RESPONSE_TIMEOUT_S}s`,
    `-c${load.connections}`,
    `-d${Math.max(1, Math.round(load.seconds))}s`,
  ];
  const script = ["-s", SCRIPT, url, "--", method, String(bodyBytes)];
  const output = await bench.group.run(["wrk", ...amount, ...sent, ...script], {
    name: "wrk",
    core: bench.cores.load,
  });
  const result = JSON.parse(output.trim().split("\n").at(-1)!) as WrkResult & {
    refused: number;
    broken: number;
  };
  if (result.refused > 0 || result.broken > 0 || result.requests === 0)
    throw new ProgramError(`wrk at port ${target.port} got unexpected responses: ${JSON.stringify(result)}`);
  return result;
}
