import { Command, Option } from "commander";
import { toCore, toPositive } from "../shared/option-values.ts";
import { ALL_MEASURES } from "./measures/all-measures.ts";
import type { Options } from "./options.ts";
import { PROXY_NAMES } from "./proxies/proxy-name.ts";

const QUICK = { repeats: 1, seconds: 1 };
const FULL = { repeats: 3, seconds: 3 };

export function parseOptions(args: readonly string[]): Options {
  const program = new Command("bench:relay")
    .description("Compares the connector with other proxies on this machine.")
    .option("--json", "print one line of JSON with the goals, and the tables to standard error", false)
    .option("--quick", "one short repeat, in less than three minutes", false)
    .option("--repeats <count>", "how often everything is measured", toPositive)
    .option("--seconds <seconds>", "length of one measurement, whole seconds", toPositive)
    .addOption(
      choice(
        "--measures <name...>",
        "only these",
        ALL_MEASURES.map(({ name }) => name),
      ),
    )
    .addOption(choice("--proxies <name...>", "only these", PROXY_NAMES))
    .option("--proxy-core <number>", "core of the proxies", toCore, 1)
    .option("--load-core <number>", "core of load and origins", toCore, 0)
    .option("--connector-flags <flags>", "flags for the connector's Node, such as --cpu-prof", "")
    .parse(args, { from: "user" });
  const given = program.opts<Partial<Options> & { quick: boolean; connectorFlags: string }>();
  const { proxyCore = 1, loadCore = 0, json = false } = given;
  if (proxyCore === loadCore) program.error("--proxy-core and --load-core must differ");
  const amount = given.quick ? QUICK : FULL;
  return {
    json,
    repeats: given.repeats ?? amount.repeats,
    seconds: given.seconds ?? amount.seconds,
    measures: given.measures ?? ALL_MEASURES.map(({ name }) => name),
    proxies: given.proxies ?? PROXY_NAMES,
    proxyCore,
    loadCore,
    connectorFlags: given.connectorFlags.split(" ").filter((flag) => flag !== ""),
  };
}

function choice(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, description).choices(choices);
}
