import { spawn } from "node:child_process";

/**
 * Runs a program to its end.
 *
 * @returns its standard output
 * @throws {Error} with its standard error, if it does not exit with 0
 */
export function runCommand(file: string, args: readonly string[], cwd?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], ...(cwd !== undefined && { cwd }) });
    let output = "";
    let errorOutput = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      errorOutput += text;
    });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) return resolve(output);
      reject(new Error(`${file} ${args.join(" ")} ended with ${code ?? signal}: ${errorOutput.trim()}`));
    });
  });
}
