import { Command, InvalidArgumentError } from "commander";
import type { Scenario } from "./scenario.ts";
import { BASE } from "./scenario.ts";

export interface Options {
  readonly json: boolean;
  readonly base: Scenario;
  /** The scenarios that vary the base, too. */
  readonly variants: boolean;
  /** Whether `docs/scale.md` gets the table: only from a whole run, so that its numbers stay comparable. */
  readonly write: boolean;
}

const QUICK = {
  fleet: { hosts: 100, sandboxesPerHost: 100, sandboxesPerWorkspace: 10 },
  perSecond: 1_000,
  seconds: 20,
};

export function parseOptions(args: readonly string[]): Options {
  const program = new Command("bench:scale")
    .description(
      "Simulates a fleet on the edge's own modules; a whole run writes its table to docs/scale.md.",
    )
    .option("--json", "end with one line of JSON with the goals, and print no tables", false)
    .option("--quick", "a hundredth of the fleet, for twenty seconds", false)
    .option("--base-only", "without the scenarios that vary the base", false)
    .option("--hosts <count>", "hosts", toPositive)
    .option("--sandboxes-per-host <count>", "sandboxes on each of them", toPositive)
    .option("--requests-per-second <count>", "visitors' requests to all previews", toPositive)
    .option("--isolates <count>", "isolates of the Worker", toPositive)
    .option(
      "--isolates-per-sandbox <count>",
      "isolates that the visitors of one sandbox come through",
      toPositive,
    )
    .option("--zipf <exponent>", "how unevenly sandboxes are visited, such as 0.8", toExponent)
    .option("--cpu-ms <ms>", "CPU of the Worker per request, for its price", toExponent)
    .option("--seconds <seconds>", "simulated seconds that are counted", toPositive)
    .option("--seed <number>", "another sequence of random numbers", toPositive)
    .parse(args, { from: "user" });
  const given = program.opts<Given>();
  const start = given.quick ? { ...BASE, ...QUICK } : BASE;
  const base: Scenario = {
    ...start,
    fleet: {
      ...start.fleet,
      hosts: given.hosts ?? start.fleet.hosts,
      sandboxesPerHost: given.sandboxesPerHost ?? start.fleet.sandboxesPerHost,
    },
    perSecond: given.requestsPerSecond ?? start.perSecond,
    isolates: given.isolates ?? start.isolates,
    isolatesPerSandbox: Math.min(
      given.isolatesPerSandbox ?? start.isolatesPerSandbox,
      given.isolates ?? start.isolates,
    ),
    zipfExponent: given.zipf ?? start.zipfExponent,
    cpuMsPerRequest: given.cpuMs ?? start.cpuMsPerRequest,
    seconds: given.seconds ?? start.seconds,
    seed: given.seed ?? start.seed,
  };
  const { json, baseOnly } = given;
  const whole = JSON.stringify(base) === JSON.stringify(BASE) && !baseOnly;
  return { json, base, variants: !baseOnly, write: whole };
}

interface Given {
  readonly json: boolean;
  readonly quick: boolean;
  readonly baseOnly: boolean;
  readonly hosts?: number;
  readonly sandboxesPerHost?: number;
  readonly requestsPerSecond?: number;
  readonly isolates?: number;
  readonly isolatesPerSandbox?: number;
  readonly zipf?: number;
  readonly cpuMs?: number;
  readonly seconds?: number;
  readonly seed?: number;
}

function toPositive(text: string): number {
  if (!/^[1-9][0-9]{0,5}$/.test(text))
    throw new InvalidArgumentError("must be a whole number from 1 to 999999");
  return Number(text);
}

function toExponent(text: string): number {
  if (!/^[0-9]{1,2}(\.[0-9]{1,3})?$/.test(text))
    throw new InvalidArgumentError("must be a number such as 0.8");
  return Number(text);
}
