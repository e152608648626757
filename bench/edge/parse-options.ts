import { Command } from "commander";
import { toCore, toPositive } from "../shared/option-values.ts";

export interface Options {
  readonly json: boolean;
  readonly repeats: number;
  /** Length of one measurement. */
  readonly seconds: number;
  /** How long object calls are counted at 100 requests a second. */
  readonly countSeconds: number;
  readonly workerCore: number;
  readonly loadCore: number;
}

const QUICK = { repeats: 3, seconds: 1, countSeconds: 5 };
const FULL = { repeats: 11, seconds: 1, countSeconds: 30 };

export function parseOptions(args: readonly string[]): Options {
  const program = new Command("bench:edge")
    .description("What the edge costs beside a Worker that only does fetch, in one workerd on one core.")
    .option("--json", "end with one line of JSON with the goals, and print no tables", false)
    .option("--quick", "three short repeats, in less than a minute", false)
    .option("--repeats <count>", "how often everything is measured", toPositive)
    .option("--seconds <seconds>", "length of one measurement, whole seconds", toPositive)
    .option("--count-seconds <seconds>", "how long object calls are counted at 100 requests/s", toPositive)
    .option("--worker-core <number>", "core of workerd", toCore, 1)
    .option("--load-core <number>", "core of load and origin", toCore, 0)
    .parse(args, { from: "user" });
  const given = program.opts<Partial<Options> & { quick: boolean }>();
  const { workerCore = 1, loadCore = 0, json = false } = given;
  if (workerCore === loadCore) program.error("--worker-core and --load-core must differ");
  const amount = given.quick ? QUICK : FULL;
  return {
    json,
    repeats: given.repeats ?? amount.repeats,
    seconds: given.seconds ?? amount.seconds,
    countSeconds: given.countSeconds ?? amount.countSeconds,
    workerCore,
    loadCore,
  };
}
