import type { Figures } from "./figures.ts";
import { formatCalls, formatFigures, formatGoals } from "./format-tables.ts";
import { judgeGoals } from "./judge-goals.ts";
import { parseOptions } from "./parse-options.ts";
import { loadEdgeModules } from "./platform/edge-modules.ts";
import { formatCauses, formatPrices, formatRows } from "./price/format-price.ts";
import { createScenarios } from "./scenario.ts";
import { simulate } from "./simulate.ts";
import { writeDocument } from "./write-document.ts";

const options = parseOptions(process.argv.slice(2));
const modules = await loadEdgeModules();
const scenarios = createScenarios(options.base).slice(0, options.variants ? undefined : 1);
const figures: Figures[] = [];
for (const scenario of scenarios) figures.push(await simulate(modules, scenario));

const [base] = figures as [Figures];
for (const failure of base.failures) process.stderr.write(`a call failed: ${failure}\n`);
const goals = judgeGoals(base);
const tables = [
  formatPrices(figures),
  formatFigures(figures),
  formatCauses(base),
  formatCalls(base),
  formatRows(base),
  formatGoals(goals),
].join("\n\n");
if (options.write) await writeDocument(tables);
console.log(options.json ? JSON.stringify({ goals }) : tables);
