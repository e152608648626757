/** Prints what the agent costs while 20 ports listen and nothing changes: `node lab/measure-agent.ts`. */
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { buildAgent } from "../agent/build/build-agent.ts";
import { Gate } from "./network/gate.ts";
import { Namespace } from "./network/namespace.ts";
import { NODE_BINARY } from "./node-binary.ts";

const PORTS = 20;
const MEASURE_MS = 20_000;
const NODE_FLAGS = ["--max-old-space-size=32", "--max-semi-space-size=1", "--v8-pool-size=0"];

const folder = await mkdtemp(join(tmpdir(), "measure-agent-"));
await using namespace = await Namespace.create("agent");
await using gate = await Gate.open(namespace);
for (let port = 4000; port < 4000 + PORTS; port++) (await gate.listen("0.0.0.0", port)).unref();

const bundle = join(folder, "agent.cjs");
await buildAgent(bundle);
const agent = namespace.spawn(NODE_BINARY, [...NODE_FLAGS, bundle], { stdio: ["ignore", "pipe", "inherit"] });
await once(agent.stdout!, "data");

const before = await cpuMs();
await setTimeout(MEASURE_MS);
const cpuShare = ((await cpuMs()) - before) / MEASURE_MS;
const rollup = await readFile(`/proc/${agent.pid}/smaps_rollup`, "latin1");
const megabytes = (name: string): string =>
  (Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(rollup)?.[1]) / 1024).toFixed(1);
console.log(`private and written  ${megabytes("Private_Dirty")} MB`);
console.log(
  `private and clean    ${megabytes("Private_Clean")} MB (pages of the binary that no other process maps)`,
);
console.log(`resident             ${megabytes("Rss")} MB`);
console.log(`processor            ${(cpuShare * 100).toFixed(2)} % of a core`);
await rm(folder, { recursive: true });

/** Of all its threads. */
async function cpuMs(): Promise<number> {
  const fields = (await readFile(`/proc/${agent.pid}/stat`, "latin1")).split(") ")[1]!.split(" ");
  const TICK_MS = 10;
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
