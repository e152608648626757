import { ensurePrograms, MissingProgramError } from "../shared/ensure-programs.ts";
import { formatGoals } from "../shared/format-goals.ts";
import { ProgramError } from "../shared/processes/process-group.ts";
import { Interruption } from "../shared/processes/until-signal.ts";
import { formatAt100, formatCosts } from "./format-tables.ts";
import { judgeGoals } from "./judge-goals.ts";
import { countAt100, countCases, measureRounds } from "./measure.ts";
import { parseOptions } from "./parse-options.ts";
import { withWorkers } from "./with-workers.ts";

const options = parseOptions(process.argv.slice(2));

try {
  ensurePrograms(["wrk", "taskset", "prlimit", "setpriv"]);
  const { rounds, calls, at100 } = await withWorkers(options, async (bench) => ({
    rounds: await measureRounds(bench),
    calls: await countCases(bench),
    at100: await countAt100(bench),
  }));
  const goals = judgeGoals(rounds, at100);
  if (options.json) console.log(JSON.stringify({ goals }));
  else {
    console.log(`${formatCosts(rounds, calls)}\n\n${formatAt100(at100)}\n`);
    console.log(formatGoals(goals));
  }
  // A failed fetch or a late timer must not keep the process.
  process.exit(0);
} catch (error) {
  const expected =
    error instanceof ProgramError || error instanceof MissingProgramError || error instanceof Interruption;
  if (!expected) throw error;
  console.error(`bench:edge: ${error.message}`);
  process.exit(error instanceof Interruption ? 130 : 1);
}
