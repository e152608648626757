/**
 * What many sandboxes cost the connector of one host: time to attach them, memory, CPU while nothing happens, the size of a
 * heartbeat, and the time of `connector list`. Ends with 1 where a goal is missed.
 *
 * Usage: npm run bench:host -- --help
 */
import { MissingProgramError } from "../shared/ensure-programs.ts";
import { formatGoals } from "../shared/format-goals.ts";
import { ProgramError } from "../shared/processes/process-group.ts";
import { Interruption } from "../shared/processes/until-signal.ts";
import { judgeGoals } from "./judge-goals.ts";
import { measureHost } from "./measure-host.ts";
import { parseOptions } from "./parse-options.ts";
import { withBench } from "./with-bench.ts";

const options = parseOptions(process.argv.slice(2));

try {
  const goals = await withBench(options, async (bench) => [
    ...judgeGoals("no agent", await measureHost(bench, false)),
    ...judgeGoals("with agent", await measureHost(bench, true)),
  ]);
  const table = formatGoals(goals);
  if (options.json) console.error(table);
  console.log(options.json ? JSON.stringify({ goals }) : table);
  process.exit(goals.every(({ met }) => met) ? 0 : 1);
} catch (error) {
  const expected =
    error instanceof ProgramError || error instanceof MissingProgramError || error instanceof Interruption;
  if (!expected) throw error;
  console.error(`bench:host: ${error.message}`);
  process.exit(error instanceof Interruption ? 130 : 1);
}
