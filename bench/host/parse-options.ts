import { Command, InvalidArgumentError } from "commander";
import { MAX_GUESTS_PER_HOST } from "../../shared/protocol/host-api.ts";
import { toCore, toPositive } from "../shared/option-values.ts";
import type { Options } from "./options.ts";

/** The goals are for this number. */
const SANDBOXES = 2_000;
/** Two heartbeats fall into it. */
const SECONDS = 30;

export function parseOptions(args: readonly string[]): Options {
  const program = new Command("bench:host")
    .description("Measures a connector with many sandboxes on one host.")
    .option("--json", "print one line of JSON with the goals, and the table to standard error", false)
    .option("--sandboxes <count>", "how many", toSandboxes, SANDBOXES)
    .option(
      "--seconds <seconds>",
      "length of the idle time that is measured, whole seconds",
      toPositive,
      SECONDS,
    )
    .option("--connector-core <number>", "core of the connector", toCore, 1)
    .option("--load-core <number>", "core of the edge's stand-in, the agents and the caller", toCore, 0)
    .option("--connector-flags <flags>", "flags for the connector's Node, such as --cpu-prof", "")
    .parse(args, { from: "user" });
  const given = program.opts<Options & { connectorFlags: string }>();
  if (given.connectorCore === given.loadCore) program.error("--connector-core and --load-core must differ");
  return { ...given, connectorFlags: given.connectorFlags.split(" ").filter((flag) => flag !== "") };
}

/** @throws {InvalidArgumentError} */
function toSandboxes(text: string): number {
  const count = Number(text);
  if (!/^[1-9][0-9]{0,4}$/.test(text) || count > MAX_GUESTS_PER_HOST)
    throw new InvalidArgumentError(`must be a whole number from 1 to ${MAX_GUESTS_PER_HOST}`);
  return count;
}
