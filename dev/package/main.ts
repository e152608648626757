/** `npm run package`: the packages of connector and agent, into `dist/packages/`. */
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import manifest from "../../package.json" with { type: "json" };
import { ARCHITECTURES } from "./architecture.ts";
import { buildPackages } from "./build-packages.ts";
import { ROOT } from "./read-source.ts";

/** The time that npm gives to all files of its packages (26 October 1985), where SOURCE_DATE_EPOCH is not set. */
const DEFAULT_EPOCH_S = 499_162_500;

/** Semantic versions as both npm and Debian order them. */
const VERSION = /^\d{1,9}\.\d{1,9}\.\d{1,9}(?:-[0-9A-Za-z.]{1,64})?$/;

interface PackageOptions {
  readonly out: string;
  readonly arch?: string;
  readonly version: string;
}

const program = new Command("npm run package --")
  .description("Builds the packages of connector and agent. SOURCE_DATE_EPOCH sets the time of their files.")
  .addOption(
    new Option("--arch <name>", "only this architecture").choices(ARCHITECTURES.map(({ name }) => name)),
  )
  .option("--out <folder>", "where they go", join(ROOT, "dist", "packages"))
  .option("--version <version>", "in place of the one in package.json", parseVersion, manifest.version)
  .parse();
const { out, arch, version } = program.opts<PackageOptions>();
const architectures = ARCHITECTURES.filter(({ name }) => arch === undefined || name === arch);
const names = await buildPackages({ folder: out, version, architectures, epochS: readEpoch() });
for (const name of names) console.log(join(out, name));

function parseVersion(text: string): string {
  if (!VERSION.test(text)) throw new InvalidArgumentError("must be a version such as 1.2.3 or 1.2.3-rc.1");
  return text;
}

function readEpoch(): number {
  const text = process.env.SOURCE_DATE_EPOCH;
  if (text === undefined) return DEFAULT_EPOCH_S;
  if (!/^\d{1,11}$/.test(text)) program.error(`SOURCE_DATE_EPOCH must be seconds since 1970, was "${text}"`);
  return Number(text);
}
