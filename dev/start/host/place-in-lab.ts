import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { serveJson } from "../../../connector/control/serve-json.ts";
import type { Lab } from "../../../lab/lab.ts";
import { forwardIntoLab, forwardOutOfLab } from "../../../lab/network/forward.ts";
import { NODE_BINARY } from "../../../lab/node-binary.ts";
import type { Progress } from "../progress.ts";
import type { Supervisor } from "../supervisor.ts";
import { STDIO } from "../supervisor.ts";
import { createLauncher } from "./create-launcher.ts";
import type { HostPlace } from "./host-place.ts";

const CONNECTOR_PORT = 8443;

export interface LabPlaceOptions {
  readonly edgePort: number;
  readonly controlSocket: string;
  readonly supervisor: Supervisor;
  readonly progress: Progress;
}

/**
 * A host of its own, in network namespaces, whose launcher boots microVMs with QEMU. The edge stays outside: its port is
 * forwarded into the lab under the same number, and the connector's out of it.
 */
export async function placeInLab(lab: Lab, options: LabPlaceOptions): Promise<HostPlace> {
  const { edgePort, controlSocket, supervisor, progress } = options;
  const toEdge = await forwardOutOfLab(lab.gate, edgePort, edgePort);
  const toConnector = await forwardIntoLab(lab.gate, CONNECTOR_PORT);
  const launcherSocket = join(dirname(controlSocket), "launcher.sock");
  const launcher = await serveJson(launcherSocket, createLauncher(lab, progress), (error) =>
    progress(String(error)),
  );
  supervisor.defer(async () => {
    for (const server of [toEdge, toConnector, launcher]) server.close();
  });
  return {
    listenPort: CONNECTOR_PORT,
    originPort: toConnector.port,
    launcherSocket,
    spawn: (module, args) => lab.host.spawn(NODE_BINARY, [fileURLToPath(module), ...args], { stdio: STDIO }),
  };
}
