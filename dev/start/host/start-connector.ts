import { join } from "node:path";
import { parseConfig } from "../../../connector/config.ts";
import { enrollHost } from "../../../connector/edge/enroll-host.ts";
import { createEnrolment } from "../edge-api/create-enrolment.ts";
import type { Supervisor } from "../supervisor.ts";
import type { HostPlace } from "./host-place.ts";

const HOST_ID = "local";
const LOOPBACK = "127.0.0.1";

export interface ConnectorOptions {
  /** Base URL of the edge's API. */
  readonly api: string;
  readonly adminToken: string;
  readonly stateDirectory: string;
  readonly controlSocket: string;
  readonly place: HostPlace;
}

/** Enrols this machine as a host, and starts its connector. */
export async function startConnector(options: ConnectorOptions, supervisor: Supervisor): Promise<void> {
  const { api, adminToken, controlSocket, place } = options;
  const stateDirectory = join(options.stateDirectory, "connector");
  const config = parseConfig({
    hostId: HOST_ID,
    api,
    origin: `http://${LOOPBACK}:${place.originPort}`,
    listen: { host: LOOPBACK, port: place.listenPort },
    keyFile: join(stateDirectory, "host-key.json"),
    stateDirectory,
    controlSocket,
    launcherSocket: place.launcherSocket,
    allowLoopbackGuests: true,
  });
  const configFile = join(stateDirectory, "config.json");
  await enrollHost(
    config,
    { token: await createEnrolment(api, adminToken, HOST_ID), replace: true },
    configFile,
  );
  await supervisor.start(
    "connector",
    new URL("../../connector/main.ts", import.meta.url),
    [configFile],
    place.spawn === undefined ? {} : { spawn: place.spawn },
  );
}
