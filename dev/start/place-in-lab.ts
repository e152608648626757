import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonCall, JsonResponse } from "../../connector/control/serve-json.ts";
import { serveJson } from "../../connector/control/serve-json.ts";
import { viteTemplate } from "../../lab/image/vite-template.ts";
import type { Lab, LabBootOptions } from "../../lab/lab.ts";
import type { Machine } from "../../lab/machine/machine.ts";
import { forwardIntoLab, forwardOutOfLab } from "../../lab/network/forward.ts";
import { NODE_BINARY } from "../../lab/node-binary.ts";
import {
  LAUNCHER_SANDBOXES_PATH,
  launcherSandboxPath,
  launchOrderSchema,
} from "../../shared/protocol/control-api.ts";
import type { HostPlace } from "./host-place.ts";
import type { Progress } from "./start-system.ts";
import type { Supervisor } from "./supervisor.ts";
import { STDIO } from "./supervisor.ts";

const CONNECTOR_PORT = 8443;
const SANDBOX_PREFIX = launcherSandboxPath("");

const templates: Readonly<Record<string, () => Promise<Omit<LabBootOptions, "shape">>>> = {
  "vite-react": viteTemplate,
};

/**
 * A host of its own, in network namespaces, whose launcher boots microVMs with QEMU. The edge stays outside: its port
 * is forwarded in under the same number, and the connector's out.
 */
export async function placeInLab(
  lab: Lab,
  edgePort: number,
  controlSocket: string,
  supervisor: Supervisor,
  progress: Progress,
): Promise<HostPlace> {
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

/** Answers the connector's launch calls with microVMs. */
function createLauncher(lab: Lab, progress: Progress): (call: JsonCall) => Promise<JsonResponse> {
  const machines = new Map<string, Machine>();

  async function boot(body: unknown): Promise<JsonResponse> {
    const asked = launchOrderSchema.safeParse(body);
    const template = asked.success ? templates[asked.data.template] : undefined;
    if (!asked.success || template === undefined) {
      const known = Object.keys(templates).join(", ");
      return { status: 400, body: { error: `There is no such template; there is ${known}.` } };
    }
    const onProgress = (step: string, ms: number): void =>
      progress(`microVM: ${step} after ${(ms / 1000).toFixed(1)} s`);
    const machine = await lab.boot({ shape: "namespace", ...(await template()), onProgress });
    machines.set(asked.data.sandboxId, machine);
    const { address, tap, namespace } = machine.network;
    return { status: 201, body: { address, tap, namespace: namespace.name } };
  }

  async function end(sandboxId: string): Promise<JsonResponse> {
    await machines.get(sandboxId)?.[Symbol.asyncDispose]();
    machines.delete(sandboxId);
    return { status: 200, body: {} };
  }

  return async ({ method, path, body }) => {
    if (method === "POST" && path === LAUNCHER_SANDBOXES_PATH) return boot(body);
    if (method === "DELETE" && path.startsWith(SANDBOX_PREFIX)) return end(path.slice(SANDBOX_PREFIX.length));
    return { status: 404, body: { error: "no such resource" } };
  };
}
