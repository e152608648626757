import { formatTable } from "../../bench/shared/format-table.ts";
import { MatrixSystem } from "./guest/matrix-system.ts";
import { parseOptions } from "./parse-options.ts";
import type { ServerResult } from "./run-server.ts";
import { runServer } from "./run-server.ts";
import { ALL_SERVERS } from "./servers/all-servers.ts";
import { formatRow, HEAD } from "./table/format-row.ts";
import { isGreen } from "./table/is-green.ts";
import { writeDocument } from "./table/write-document.ts";

const TITLES = ALL_SERVERS.map(({ title }) => title);

const { servers, write } = parseOptions(process.argv.slice(2));
const results: ServerResult[] = [];
{
  await using shared = await MatrixSystem.start();
  for (const server of servers) {
    const startMs = performance.now();
    const result = await runServer(shared, server);
    results.push(result);
    // At once: a run of all takes long enough to be ended before its end.
    if (write) await writeDocument([formatRow(result)], TITLES);
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
    process.stderr.write(`${server.name}: ${isGreen(result) ? "green" : "not green"} after ${seconds} s\n`);
    if (result.notRun !== undefined) process.stderr.write(`  ${result.notRun}\n`);
    for (const { flavour, check, failure } of result.checks)
      if (failure !== undefined) process.stderr.write(`  ${flavour}, ${check}: ${failure}\n`);
  }
}
console.log(formatTable([HEAD, ...results.map(formatRow)]));
process.exitCode = results.every(isGreen) ? 0 : 1;
