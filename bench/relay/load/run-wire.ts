import type { Bench } from "../bench.ts";
import type { Target } from "../proxies/proxy.ts";

export type WireVerb = "download" | "upload" | "echo" | "idle" | "paced";
export type WireOptions = Readonly<Record<string, string | number>>;

/** The load program's command line for one load. */
export function wireCommand(bench: Bench, verb: WireVerb, target: Target, options: WireOptions): string[] {
  const own = Object.entries(options).flatMap(([name, value]) => [`-${name}`, String(value)]);
  if (target.tls) own.push("-tls");
  return [
    bench.wire,
    verb,
    "-address",
    `127.0.0.1:${target.port}`,
    "-fields",
    JSON.stringify(target.fields),
    ...own,
  ];
}

/** Runs a load to its end. */
export async function runWire<Result>(
  bench: Bench,
  verb: WireVerb,
  target: Target,
  options: WireOptions,
): Promise<Result> {
  const output = await bench.group.run(wireCommand(bench, verb, target, options), {
    name: `wire ${verb}`,
    core: bench.cores.load,
  });
  return JSON.parse(output) as Result;
}
