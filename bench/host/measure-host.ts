import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { GuestOfferBody } from "../../shared/protocol/control-api.ts";
import { HEARTBEAT_INTERVAL_MS } from "../../shared/protocol/host-api.ts";
import { measureCpu } from "../shared/processes/measure-cpu.ts";
import { ProgramError } from "../shared/processes/process-group.ts";
import { residentBytes } from "../shared/processes/resident-bytes.ts";
import type { Bench } from "./bench.ts";
import { createAgents } from "./parts/agents.ts";
import { attachAll } from "./parts/attach-all.ts";
import type { Edge } from "./parts/edge.ts";
import { createEdge } from "./parts/edge.ts";
import type { ConnectorPlace } from "./parts/start-connector.ts";
import { createPlace, HOST_ID, startConnector, stopConnector } from "./parts/start-connector.ts";

/** What was measured of one connector. */
export interface HostFigures {
  /** All attached, by calls of the control API. */
  readonly attachSeconds: number;
  /** From the start of a connector that has them on disk until it has announced all. */
  readonly restartSeconds: number;
  readonly bytesEach: number;
  /** Of one core. */
  readonly idleShare: number;
  readonly heartbeatBytes: number;
  /** Of one `connector list`, from its start to its end. */
  readonly listSeconds: number;
}

/** Garbage of the attaches is collected, and attempts to reach an agent have become rare. */
const SETTLE_MS = 15_000;
const UNTIL_TIMEOUT_MS = 60_000;
const LISTS = 5;
/** Nothing listens on it. */
const NO_AGENT_PORT = 9;

/** Measures a connector whose sandboxes all have an agent, or none has one. */
export async function measureHost(bench: Bench, hasAgents: boolean): Promise<HostFigures> {
  const edge = await createEdge(HOST_ID);
  const agents = hasAgents ? await createAgents() : undefined;
  try {
    const place = await createPlace(bench, edge);
    const emptyBytes = await measureEmpty(bench, place);
    const child = await startConnector(bench, place);
    const offers = createOffers(bench.options.sandboxes, agents?.port ?? NO_AGENT_PORT);
    const attachSeconds = await timed(() => attachAll(place.controlSocket, offers));
    await stopConnector(bench, child);
    const announced = edge.attaches;

    const { child: again, restartSeconds } = await restart(bench, place, edge, announced);
    await until("every agent is followed", () => (agents?.streams ?? offers.length) === offers.length);
    await pause(SETTLE_MS);
    const idle = await measureIdle(bench, edge, again);
    const figures = {
      attachSeconds,
      restartSeconds,
      bytesEach: (residentBytes(again.pid!) - emptyBytes) / offers.length,
      ...idle,
      listSeconds: await measureList(bench, place),
    };
    await stopConnector(bench, again);
    return figures;
  } finally {
    edge.close();
    agents?.close();
  }
}

/** A connector without guests, as long after its start as the other one. */
async function measureEmpty(bench: Bench, place: ConnectorPlace): Promise<number> {
  const child = await startConnector(bench, place);
  await pause(SETTLE_MS);
  const bytes = residentBytes(child.pid!);
  await stopConnector(bench, child);
  return bytes;
}

async function restart(
  bench: Bench,
  place: ConnectorPlace,
  edge: Edge,
  before: number,
): Promise<{ child: ChildProcess; restartSeconds: number }> {
  const startMs = performance.now();
  const child = await startConnector(bench, place);
  await until("every sandbox is announced", () => edge.attaches - before >= bench.options.sandboxes);
  return { child, restartSeconds: (performance.now() - startMs) / 1000 };
}

async function measureIdle(
  { options }: Bench,
  edge: Edge,
  { pid }: ChildProcess,
): Promise<Pick<HostFigures, "idleShare" | "heartbeatBytes">> {
  const before = edge.heartbeatBytes.length;
  const { cpu } = await measureCpu(pid!, () => pause(options.seconds * 1000));
  // A short run may have none.
  const expected = Math.floor((options.seconds * 1000) / HEARTBEAT_INTERVAL_MS);
  const during = edge.heartbeatBytes.slice(before);
  if (during.length < expected) throw new ProgramError(`${during.length} heartbeats came, not ${expected}`);
  return { idleShare: cpu / options.seconds, heartbeatBytes: Math.max(...edge.heartbeatBytes.slice(-2)) };
}

/** The fastest of some: what else the machine does is not the command's. */
async function measureList({ group, options, program }: Bench, place: ConnectorPlace): Promise<number> {
  const command = [process.execPath, program, "list", "--json", "--config", place.configFile];
  const seconds: number[] = [];
  for (let count = 0; count < LISTS; count++) {
    let output = "";
    const took = await timed(async () => {
      output = await group.run(command, { name: "list", core: options.loadCore });
    });
    const { length } = JSON.parse(output) as unknown[];
    if (length !== options.sandboxes) throw new ProgramError(`list shows ${length} guests`);
    seconds.push(took);
  }
  return Math.min(...seconds);
}

/** Each with a loopback address of its own. */
function createOffers(count: number, agentPort: number): GuestOfferBody[] {
  return Array.from({ length: count }, (_, index) => ({
    sandboxId: randomUUID(),
    workspace: "bench",
    address: `127.1.${index >> 8}.${index & 255}`,
    agentPort,
  }));
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) / 1000;
}

async function until(what: string, isTrue: () => boolean): Promise<void> {
  const endMs = performance.now() + UNTIL_TIMEOUT_MS;
  while (!isTrue()) {
    if (performance.now() > endMs) throw new ProgramError(`not within ${UNTIL_TIMEOUT_MS} ms: ${what}`);
    await pause(10);
  }
}
