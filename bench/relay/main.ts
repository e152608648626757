import { MissingProgramError } from "../shared/ensure-programs.ts";
import { formatGoals } from "../shared/format-goals.ts";
import { ProgramError } from "../shared/processes/process-group.ts";
import { programVersions } from "../shared/processes/program-versions.ts";
import { Interruption } from "../shared/processes/until-signal.ts";
import { formatResults } from "./format-tables.ts";
import { judgeGoals } from "./judge-goals.ts";
import { ALL_MEASURES } from "./measures/all-measures.ts";
import { parseOptions } from "./parse-options.ts";
import { runRounds } from "./run-rounds.ts";
import { withBench } from "./with-bench.ts";

const options = parseOptions(process.argv.slice(2));
const measures = ALL_MEASURES.filter(({ name }) => options.measures.includes(name));

try {
  const results = await withBench(options, (bench) => runRounds(bench, measures));
  const goals = judgeGoals(results);
  // With --json, standard output has one line and nothing else.
  const show = options.json ? console.error : console.log;
  show(`${programVersions()}; medians of ${options.repeats}\n`);
  show(`${formatResults(results, measures, options.proxies)}\n`);
  show(formatGoals(goals));
  if (options.json) console.log(JSON.stringify({ goals }));
  // A failed fetch or a late timer must not keep the process.
  process.exit(0);
} catch (error) {
  const expected =
    error instanceof ProgramError || error instanceof MissingProgramError || error instanceof Interruption;
  if (!expected) throw error;
  console.error(`bench:relay: ${error.message}`);
  process.exit(error instanceof Interruption ? 130 : 1);
}
