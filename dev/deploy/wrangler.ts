import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { DeployError } from "./deploy-error.ts";

/** What a run of Wrangler has printed, and how it ended. */
export interface WranglerRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface WranglerRunOptions {
  /** Written to its standard input: secrets never are arguments. */
  readonly input?: string;
  /** It may ask, and its output is shown. */
  readonly interactive?: boolean;
}

export type RunWrangler = (args: readonly string[], options?: WranglerRunOptions) => Promise<WranglerRun>;

const WRANGLER = fileURLToPath(new URL("../../node_modules/.bin/wrangler", import.meta.url));
const MAX_OUTPUT_CHARS = 1_000_000;
const SHOWN_CHARS = 4_000;

/** Runs the Wrangler that the lock file pins. */
export function createWrangler(program: string = WRANGLER): RunWrangler {
  return (args, { input, interactive = false } = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn(program, [...args], {
        stdio: interactive ? "inherit" : ["pipe", "pipe", "pipe"],
        env: { ...process.env, WRANGLER_SEND_METRICS: "false", ...(interactive ? {} : { CI: "true" }) },
      });
      let stdout = "";
      let stderr = "";
      child.stdout?.on("data", (chunk: Buffer) => {
        stdout = (stdout + chunk).slice(-MAX_OUTPUT_CHARS);
      });
      child.stderr?.on("data", (chunk: Buffer) => {
        stderr = (stderr + chunk).slice(-MAX_OUTPUT_CHARS);
      });
      child.stdin?.on("error", () => {});
      child.stdin?.end(input ?? "");
      child.once("error", (error) => reject(new DeployError(`Wrangler does not start: ${error.message}`)));
      child.once("close", (code) => resolve({ code: code ?? 1, stdout, stderr }));
    });
}

/** @throws {DeployError} with the end of its output, where it has failed */
export async function succeed(run: Promise<WranglerRun>, what: string): Promise<WranglerRun> {
  const result = await run;
  if (result.code === 0) return result;
  throw new DeployError(`${what} failed:\n${`${result.stdout}${result.stderr}`.trim().slice(-SHOWN_CHARS)}`);
}
