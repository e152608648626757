import { execFile } from "node:child_process";
import type { Plan } from "./messages.ts";

/** The configuration cannot be used, or not by the code that is on the disk. */
export class PlanError extends Error {
  override readonly name = "PlanError";
}

const PLAN_TIMEOUT_MS = 30_000;
const MAX_PLAN_BYTES = 1024 * 1024;

/**
 * Has the code that is on the disk now read the configuration: it may know options that this process does not.
 *
 * @throws {PlanError} with the sentence for the operator
 */
export function readPlan(command: readonly string[], configFile: string): Promise<Plan> {
  const [program = "", ...first] = command;
  const options = { timeout: PLAN_TIMEOUT_MS, maxBuffer: MAX_PLAN_BYTES };
  return new Promise<string>((resolve, reject) => {
    execFile(program, [...first, "plan", "--config", configFile], options, (error, stdout, stderr) => {
      if (error !== null)
        reject(new PlanError(stderr.trim().replace(/^preview-connector: /, "") || error.message));
      else resolve(stdout);
    });
  }).then(parsePlan);
}

/** @throws {PlanError} */
function parsePlan(text: string): Plan {
  try {
    return JSON.parse(text) as Plan;
  } catch {
    throw new PlanError(
      "the configuration was read, but what `preview-connector plan` has printed is not JSON",
    );
  }
}
