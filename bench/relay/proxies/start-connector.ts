import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createHostKey } from "../../../connector/edge/host-key.ts";
import type { GuestRecord } from "../../../connector/guests/guest-record.ts";
import { GuestStore } from "../../../connector/guests/guest-store.ts";
import { findFreePort } from "../../../dev/find-free-port.ts";
import { createGeneration } from "../../../shared/generation.ts";
import { publicUrl } from "../../../shared/link/preview-url.ts";
import {
  CLIENT_IP_HEADER,
  PASS_HEADER,
  PROTO_HEADER,
  PUBLIC_HOST_HEADER,
  REQUEST_ID_HEADER,
} from "../../../shared/protocol/headers.ts";
import { untilListening } from "../../shared/processes/until-listening.ts";
import type { Bench } from "../bench.ts";
import type { EdgeStandIn } from "./edge-stand-in.ts";
import { createEdgeStandIn } from "./edge-stand-in.ts";
import type { Entrance, RunningProxy } from "./proxy.ts";
import { isTls } from "./proxy.ts";

const HOST_ID = "bench";
const PREVIEW_DOMAIN = "preview.example";
const COMMAND = join(import.meta.dirname, "..", "..", "..", "connector", "main.ts");

/** The tunnels are spread over these sandboxes, each of which has a limit of its own, half of it for one client. */
const GUESTS = 40;

/** Peers have one worker, too. */
const WORKERS = 1;

/** Starts the connector as it ships, by its own command; twice, because one process has one listener. */
export async function startConnector(bench: Bench): Promise<RunningProxy> {
  const edge = await createEdgeStandIn();
  const guests = createGuests(bench);
  const plain = await startProcess(bench, edge, guests, false);
  const tls = await startProcess(bench, edge, guests, true);
  return {
    name: "connector",
    async target(entrance) {
      const { port, child } = isTls(entrance) ? tls : plain;
      const fields = await Promise.all(guests.map((guest) => edgeFields(bench, edge, guest, entrance)));
      return { port, tls: isTls(entrance), pid: child.pid!, fields };
    },
    async stop() {
      await Promise.all([plain, tls].map(({ child }) => bench.group.stop(child)));
      edge.close();
    },
  };
}

function createGuests({ origins }: Bench): GuestRecord[] {
  return Array.from({ length: GUESTS }, () => ({
    sandboxId: randomUUID(),
    workspace: "bench",
    address: "127.0.0.1",
    ports: [origins.responses, origins.streams],
    publicPorts: [],
    generation: createGeneration(Date.now()),
  }));
}

async function startProcess(
  bench: Bench,
  edge: EdgeStandIn,
  guests: readonly GuestRecord[],
  tls: boolean,
): Promise<{ port: number; child: ChildProcess }> {
  const { group, cores, certificate } = bench;
  await mkdir(join(bench.directory, "proxies"), { recursive: true });
  const directory = await mkdtemp(join(bench.directory, "proxies", "connector-"));
  const store = new GuestStore(join(directory, "guests"));
  await store.load();
  for (const guest of guests) await store.save(guest);
  const keyFile = join(directory, "host-key.json");
  await createHostKey(keyFile);
  const port = await findFreePort();
  const configFile = join(directory, "config.json");
  const config = {
    hostId: HOST_ID,
    api: edge.url,
    origin: `http${tls ? "s" : ""}://127.0.0.1:${port}`,
    listen: { host: "127.0.0.1", port },
    ...(tls && { tls: { certificateFile: certificate.certificateFile, keyFile: certificate.keyFile } }),
    keyFile,
    stateDirectory: directory,
    controlSocket: join(directory, "control.sock"),
  };
  await writeFile(configFile, JSON.stringify(config));
  const options = ["--config", configFile, "--log-level", "warn", "--workers", String(WORKERS)];
  const child = group.serve([process.execPath, ...bench.options.connectorFlags, COMMAND, "run", ...options], {
    name: "connector",
    core: cores.proxy,
  });
  await untilListening(group, "connector", [port]);
  return { port, child };
}

/** What the edge sends with each request. */
async function edgeFields(
  { origins }: Bench,
  edge: EdgeStandIn,
  { sandboxId, generation }: GuestRecord,
  entrance: Entrance,
): Promise<string[]> {
  const port = entrance === "stream" || entrance === "tlsStream" ? origins.streams : origins.responses;
  const pass = await edge.signPass(HOST_ID, {
    kind: "sandbox",
    sandboxId,
    generation,
    port,
    expiresAtMs: undefined,
    link: undefined,
  });
  return [
    `${PASS_HEADER}: ${pass}`,
    `${PUBLIC_HOST_HEADER}: ${new URL(publicUrl("https", PREVIEW_DOMAIN, sandboxId, port)).hostname}`,
    `${PROTO_HEADER}: https`,
    `${CLIENT_IP_HEADER}: 203.0.113.7`,
    `${REQUEST_ID_HEADER}: 01JBENCHBENCHBENCHBENCHBEN`,
  ];
}
