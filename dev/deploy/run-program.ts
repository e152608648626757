import { DeployError } from "./deploy-error.ts";

/** Runs a program to its exit code; what was expected to fail is printed without a stack trace. */
export async function runProgram(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof DeployError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
