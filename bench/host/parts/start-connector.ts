import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { callConnector } from "../../../connector/control/call-connector.ts";
import { createHostKey } from "../../../connector/edge/host-key.ts";
import { findFreePort } from "../../../dev/find-free-port.ts";
import { STATUS_PATH } from "../../../shared/protocol/control-api.ts";
import type { Bench } from "../bench.ts";
import type { Edge } from "./edge.ts";

export const HOST_ID = "bench";

/** Where a connector keeps its state, and what it is started with. */
export interface ConnectorPlace {
  readonly configFile: string;
  readonly controlSocket: string;
}

export async function createPlace({ directory }: Bench, edge: Edge): Promise<ConnectorPlace> {
  const state = join(directory, randomUUID());
  await mkdir(state);
  const keyFile = join(state, "host-key.json");
  await createHostKey(keyFile);
  const port = await findFreePort();
  const place = {
    configFile: join(state, "config.json"),
    controlSocket: join(state, "control.sock"),
  };
  const config = {
    hostId: HOST_ID,
    api: edge.url,
    origin: `http://127.0.0.1:${port}`,
    listen: { host: "127.0.0.1", port },
    keyFile,
    stateDirectory: state,
    controlSocket: place.controlSocket,
    allowLoopbackGuests: true,
  };
  await writeFile(place.configFile, JSON.stringify(config));
  return place;
}

/** The connector as it ships, by its own command. */
export async function startConnector(bench: Bench, place: ConnectorPlace): Promise<ChildProcess> {
  const { group, options, program } = bench;
  const command = [process.execPath, ...options.connectorFlags, program, "run"];
  const child = group.serve([...command, "--config", place.configFile, "--log-level", "error"], {
    name: "connector",
    core: options.connectorCore,
  });
  await callConnector(place.controlSocket, "GET", STATUS_PATH);
  return child;
}

/** A stop ends what is open first: a connector that is killed would leave processes that hold its sockets for a while. */
const STOP_TIMEOUT_MS = 20_000;

export async function stopConnector({ group }: Bench, child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await Promise.race([exited, pause(STOP_TIMEOUT_MS, undefined, { ref: false })]);
  await group.stop(child);
}
