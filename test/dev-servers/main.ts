import { MatrixSystem } from "./guest/matrix-system.ts";
import { parseOptions } from "./parse-options.ts";
import type { ServerResult } from "./run-server.ts";
import { runServer } from "./run-server.ts";
import { formatResults } from "./table/format-results.ts";
import { isGreen } from "./table/is-green.ts";
import { writeDocument } from "./table/write-document.ts";

const { servers, write } = parseOptions(process.argv.slice(2));
const results: ServerResult[] = [];
{
  await using shared = await MatrixSystem.start();
  for (const server of servers) {
    const startMs = performance.now();
    const result = await runServer(shared, server);
    results.push(result);
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
    process.stderr.write(`${server.name}: ${isGreen(result) ? "green" : "not green"} after ${seconds} s\n`);
    if (result.notRun !== undefined) process.stderr.write(`  ${result.notRun}\n`);
    for (const { flavour, check, failure } of result.checks)
      if (failure !== undefined) process.stderr.write(`  ${flavour}, ${check}: ${failure}\n`);
  }
}
const table = formatResults(results);
console.log(table);
if (write) await writeDocument(table);
process.exitCode = results.every(isGreen) ? 0 : 1;
