/**
 * Reloads and restarts of a connector under load, through the whole edge: which requests fail, and which WebSockets drop.
 *
 * Usage: npm run bench:reload -- [rounds, default 10] [workers, default 1]
 */
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { NODE_BINARY } from "../../lab/node-binary.ts";
import { runCommand } from "../../lab/run-command.ts";
import { ReloadStage } from "./reload-stage.ts";

const REQUESTS_PER_SECOND = 200;
const WEB_SOCKETS = 500;
const MAX_ROUNDS = 100;
/** Between two rounds. */
const CALM_MS = 1_000;

const [rounds = 10, workers = 1] = process.argv.slice(2).map(Number);
if (
  !(
    Number.isInteger(rounds) &&
    rounds >= 1 &&
    rounds <= MAX_ROUNDS &&
    Number.isInteger(workers) &&
    workers >= 1
  )
) {
  console.error(`bench:reload: rounds must be 1 to ${MAX_ROUNDS}, and workers at least 1`);
  process.exit(2);
}

await runCommand(NODE_BINARY, ["dev/build.ts"]);
const options = { program: "dist/connector.mjs", workers, address: "127.78.13.1" };
console.log(`node ${process.versions.node}, ${REQUESTS_PER_SECOND} requests/s, ${workers} workers`);
await measure("reload", WEB_SOCKETS);
await measure("restart", 0);
process.exit(0);

async function measure(what: "reload" | "restart", webSockets: number): Promise<void> {
  await using stage = await ReloadStage.open({ ...options, isInherited: true });
  const load = stage.createLoad(REQUESTS_PER_SECOND, webSockets);
  await load.start();
  await pause(CALM_MS);
  const before = await readMemory(stage.connector.pid);
  const tookMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startedMs = performance.now();
    await (what === "reload" ? stage.connector.reload() : stage.restart());
    tookMs.push(performance.now() - startedMs);
    await pause(CALM_MS);
  }
  const echoes = await load.countEchoes();
  const after = await readMemory(stage.connector.pid);
  await load.stop();
  console.log(
    `${rounds} ${what}s: ${load.failures.length} of ${load.requests} requests failed` +
      `, ${load.dropped} of ${webSockets} WebSockets dropped, ${echoes} echo` +
      `, slowest request ${load.slowestMs.toFixed(0)} ms, a ${what} took ${Math.max(...tookMs).toFixed(0)} ms at most` +
      `, supervisor ${before} KiB before and ${after} KiB after`,
  );
  for (const failure of new Set(load.failures)) console.log(`  ${failure}`);
}

/** Resident memory of a process, in KiB. */
async function readMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]);
}
