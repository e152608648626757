import { CommanderError } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { createProgram } from "./create-program.ts";

const WRONG_ARGUMENTS = 2;

// A reader such as `head` that has read enough is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

try {
  await createProgram(packageJson.version).parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Commander has printed it. Help that was asked for is no failure.
  process.exitCode = error.exitCode === 0 ? 0 : WRONG_ARGUMENTS;
}
