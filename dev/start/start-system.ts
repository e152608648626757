import { join, resolve } from "node:path";
import { Lab } from "../../lab/lab.ts";
import { publicUrl } from "../../shared/link/preview-url.ts";
import { isRequestLine } from "../edge/request-line.ts";
import type { EdgeOptions } from "../edge/start-edge.ts";
import { OptionsFile } from "../options-file.ts";
import { ApiClient } from "./edge-api/api-client.ts";
import { ensureTenant, ORG, WORKSPACE } from "./edge-api/ensure-tenant.ts";
import { mintLink } from "./edge-api/mint-link.ts";
import { DEFAULT_LIMIT, GENEROUS_LIMIT } from "./edge-api/rate-limits.ts";
import { attachServers } from "./guests/attach-servers.ts";
import { launchMicrovm } from "./guests/launch-microvm.ts";
import { findControlSocket } from "./host/find-control-socket.ts";
import { placeHere } from "./host/host-place.ts";
import { placeInLab } from "./host/place-in-lab.ts";
import { startConnector } from "./host/start-connector.ts";
import type { StartOptions } from "./parse-options.ts";
import type { Progress } from "./progress.ts";
import { assertPortFree } from "./requirements/assert-port-free.ts";
import { claimStateDirectory } from "./requirements/claim-state-directory.ts";
import { prepareMicrovm } from "./requirements/prepare-microvm.ts";
import type { LocalSecrets } from "./secrets-file.ts";
import { SecretsFile } from "./secrets-file.ts";
import { StartError } from "./start-error.ts";
import type { Supervisor } from "./supervisor.ts";
import type { SystemDescription } from "./system-description.ts";
import { workerBindings } from "./worker-bindings.ts";

const LOOPBACK = "127.0.0.1";

/** Objects of another layout stay in another folder: what they stored cannot be read any more. */
const EDGE_STATE = "edge-4";

/** workerd of a start that was killed ends within this time. */
const FORMER_START_MS = 10_000;

/**
 * Starts edge, connector and guests.
 *
 * @param lab where to put the connector, instead of beside the edge
 * @param tlsDomain the preview domain, instead of localhost; the caller serves it by https, and forwards to the edge
 * @returns where they are reached, and with which tokens
 * @throws {StartError} where something of the machine is missing or in use, or the guest's app does not start
 */
export async function startSystem(
  options: StartOptions,
  supervisor: Supervisor,
  progress: Progress,
  lab?: Lab,
  tlsDomain?: string,
): Promise<SystemDescription> {
  if (options.microvm) prepareMicrovm(progress);
  const stateDirectory = resolve(options.stateDirectory);
  const former = claimStateDirectory(stateDirectory, supervisor);
  if (former !== undefined) progress(`taking over from process ${former.pid}, which was killed`);
  await assertPortFree(options.port, former === undefined ? 0 : FORMER_START_MS);
  const secretsFile = new SecretsFile(stateDirectory);
  const secrets = await secretsFile.load();
  const { adminToken } = secrets;
  const api = `http://${LOOPBACK}:${options.port}`;

  progress("edge: bundling the Worker and starting workerd");
  await startEdge(options, stateDirectory, secrets, supervisor, { tlsDomain, progress });

  progress("edge: org, workspace and API token");
  const rateLimit = options.defaultLimits ? DEFAULT_LIMIT : GENEROUS_LIMIT;
  const apiToken = await ensureTenant(api, adminToken, rateLimit, secrets.apiToken);
  secrets.apiToken = apiToken;

  progress("connector: enrolling and starting");
  const controlSocket = await findControlSocket(stateDirectory);
  const host = options.microvm ? await createLab(supervisor) : lab;
  const place =
    host === undefined
      ? await placeHere(options.launcherSocket)
      : await placeInLab(host, { edgePort: options.port, controlSocket, supervisor, progress });
  await startConnector({ api, adminToken, stateDirectory, controlSocket, place }, supervisor);

  progress("guest: starting and attaching");
  const caller = new ApiClient(api, apiToken);
  const { sandboxId, port } = options.microvm
    ? await launchMicrovm(caller, options.publicPorts)
    : await attachServers(options, supervisor, secrets, controlSocket);
  await secretsFile.save(secrets);

  return {
    api: `http://api.localhost:${options.port}`,
    domain: "localhost",
    previewSuffix: `localhost:${options.port}`,
    linkSuffix: `preview.localhost:${options.port}`,
    apiToken,
    adminToken,
    sandboxId,
    workspace: WORKSPACE,
    org: ORG,
    previewUrl: publicUrl("http", `localhost:${options.port}`, sandboxId, port),
    link: await mintLink(caller, sandboxId, port),
  };
}

async function startEdge(
  { port, logRequests = false }: Pick<StartOptions, "port" | "logRequests">,
  stateDirectory: string,
  secrets: LocalSecrets,
  supervisor: Supervisor,
  { tlsDomain, progress }: { tlsDomain: string | undefined; progress: Progress },
): Promise<void> {
  const options = new OptionsFile<EdgeOptions>(join(stateDirectory, "edge-options.json"));
  await options.write({
    host: LOOPBACK,
    port,
    stateDirectory: join(stateDirectory, EDGE_STATE),
    bindings: workerBindings(secrets, tlsDomain),
    behindTls: tlsDomain !== undefined,
    logRequests,
  });
  await supervisor.start("edge", new URL("../edge/main.ts", import.meta.url), [options.path], {
    receive(message) {
      if (isRequestLine(message)) progress(message.requestLine);
    },
  });
}

async function createLab(supervisor: Supervisor): Promise<Lab> {
  let lab: Lab;
  try {
    lab = await Lab.create();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(`This machine allows no network namespace for --microvm: ${reason}`);
  }
  supervisor.defer(() => lab[Symbol.asyncDispose]());
  return lab;
}
