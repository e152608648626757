import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

type Parser = typeof import("@actions/workflow-parser");

/** GitHub's own parser of workflows. Bundled, because it imports JSON without the attribute that Node asks for. */
async function loadParser(): Promise<Parser> {
  const directory = await mkdtemp(join(tmpdir(), "workflow-parser-"));
  try {
    const outfile = join(directory, "parser.cjs");
    const contents = 'export * from "@actions/workflow-parser";';
    const stdin = { contents, resolveDir: import.meta.dirname };
    await build({ stdin, outfile, bundle: true, platform: "node", format: "cjs" });
    return createRequire(outfile)(outfile);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/**
 * The script of a workflow's only step.
 *
 * @throws {Error} where the file breaks GitHub's schema, or has other steps
 */
export async function readWorkflowScript(path: string): Promise<string> {
  const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await loadParser();
  const content = await readFile(path, "utf8");
  const { context, value } = parseWorkflow({ name: path, content }, new NoOperationTraceWriter());
  const [error] = context.errors.getErrors();
  if (error !== undefined) throw new Error(error.message);
  if (value === undefined) throw new Error(`${path} is empty`);
  const { jobs } = await convertWorkflowTemplate(context, value);
  const steps = jobs.flatMap((job) => (job.type === "job" ? job.steps : []));
  const [step] = steps;
  if (steps.length !== 1 || step === undefined || !("run" in step))
    throw new Error(`${path} has ${steps.length} steps`);
  return step.run.toString();
}
