import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseConfig } from "../../connector/config.ts";
import { callControl } from "../../connector/control/call-control.ts";
import { enrollHost } from "../../connector/edge/enroll-host.ts";
import { VITE_PORT } from "../../lab/image/vite-template.ts";
import { Lab } from "../../lab/lab.ts";
import { publicUrl } from "../../shared/link/preview-url.ts";
import { ApiClient } from "./api-client.ts";
import { findControlSocket } from "./control-socket.ts";
import { demoAddress } from "./demo-address.ts";
import { isPortFree } from "./free-port.ts";
import { placeHere } from "./host-place.ts";
import type { LocalSecrets } from "./local-secrets.ts";
import { SecretsFile, sandboxIdFor, workerBindings } from "./local-secrets.ts";
import type { GuestAddress, StartOptions } from "./parse-options.ts";
import { placeInLab } from "./place-in-lab.ts";
import type { Supervisor } from "./supervisor.ts";

const ORG = "demo";
const WORKSPACE = "demo";
const HOST_ID = "local";
const APP_START_TIMEOUT_MS = 60_000;
const APP_POLL_MS = 250;
const LOOPBACK = "127.0.0.1";

export const LINK_TTL_S = 3600;
export const GENEROUS_LIMIT = { per_second: 5_000, burst: 10_000 };
const DEFAULT_LIMIT = { per_second: 1, burst: 10 };

/** What `npm start -- --json` prints; other tools are built on it. */
export interface SystemDescription {
  readonly api: string;
  readonly domain: string;
  readonly previewSuffix: string;
  readonly linkSuffix: string;
  readonly apiToken: string;
  readonly adminToken: string;
  readonly sandboxId: string;
  readonly workspace: string;
  readonly org: string;
  readonly previewUrl: string;
  readonly link: { readonly url: string; readonly token: string; readonly expires_at: string };
}

/** Something outside is in the way: the message says what, and what helps. */
export class StartError extends Error {
  override readonly name = "StartError";
}

export type Progress = (step: string) => void;

/**
 * Starts edge, connector and guests, and tells how to reach them.
 *
 * @param lab where to put the connector, instead of beside the edge
 */
export async function startSystem(
  options: StartOptions,
  supervisor: Supervisor,
  progress: Progress,
  lab?: Lab,
): Promise<SystemDescription> {
  await assertPortFree(options.port);
  const stateDirectory = resolve(options.stateDirectory);
  const secretsFile = new SecretsFile(stateDirectory);
  const secrets = await secretsFile.load();
  const localApi = `http://${LOOPBACK}:${options.port}`;

  progress("edge: bundling the Worker and starting workerd");
  const edgeOptions = {
    host: LOOPBACK,
    port: options.port,
    stateDirectory: join(stateDirectory, "edge"),
    bindings: workerBindings(secrets),
  };
  await supervisor.start("edge", new URL("../edge/main.ts", import.meta.url), [JSON.stringify(edgeOptions)]);

  progress("edge: org, workspace and API token");
  const admin = new ApiClient(localApi, secrets.adminToken);
  const rateLimit = options.defaultLimits ? DEFAULT_LIMIT : GENEROUS_LIMIT;
  await admin.call("PUT", `/v1/admin/orgs/${ORG}`, { name: "Demo", rate_limit: rateLimit });
  await admin.call("PUT", `/v1/admin/workspaces/${WORKSPACE}`, { org: ORG });
  const apiToken = await ensureApiToken(localApi, admin, secrets.apiToken);
  secrets.apiToken = apiToken;

  progress("connector: enrolling and starting");
  const controlSocket = await findControlSocket(stateDirectory);
  const host = options.microvm ? await createLab(supervisor) : lab;
  const place =
    host === undefined
      ? await placeHere()
      : await placeInLab(host, options.port, controlSocket, supervisor, progress);
  const config = parseConfig({
    hostId: HOST_ID,
    api: localApi,
    origin: `http://${LOOPBACK}:${place.originPort}`,
    listen: { host: LOOPBACK, port: place.listenPort },
    keyFile: join(stateDirectory, "connector", "host-key.json"),
    stateDirectory: join(stateDirectory, "connector"),
    controlSocket,
    launcherSocket: place.launcherSocket,
  });
  const configFile = join(stateDirectory, "connector", "config.json");
  await enrollHost(config, secrets.adminToken, configFile);
  await supervisor.start(
    "connector",
    new URL("../connector/main.ts", import.meta.url),
    [configFile],
    place.spawn,
  );

  progress("guest: starting and attaching");
  const caller = new ApiClient(localApi, apiToken);
  const { sandboxId, port } = options.microvm
    ? await launchMicrovm(caller)
    : await attachServers(options, supervisor, secrets, controlSocket);
  await secretsFile.save(secrets);

  const link = await mintLink(caller, sandboxId, port);
  return {
    api: `http://api.localhost:${options.port}`,
    domain: "localhost",
    previewSuffix: `localhost:${options.port}`,
    linkSuffix: `preview.localhost:${options.port}`,
    apiToken,
    adminToken: secrets.adminToken,
    sandboxId,
    workspace: WORKSPACE,
    org: ORG,
    previewUrl: publicUrl("http", `localhost:${options.port}`, sandboxId, port),
    link,
  };
}

/** The token of the last start, unless the edge's state was thrown away since. */
async function ensureApiToken(api: string, admin: ApiClient, known: string | undefined): Promise<string> {
  if (known !== undefined && (await new ApiClient(api, known).succeeds("GET", "/v1/sandboxes"))) return known;
  const created = await admin.call<{ token: string }>("POST", `/v1/admin/workspaces/${WORKSPACE}/tokens`, {
    name: "npm start",
  });
  return created.token;
}

async function createLab(supervisor: Supervisor): Promise<Lab> {
  const lab = await Lab.create();
  supervisor.defer(() => lab[Symbol.asyncDispose]());
  return lab;
}

interface FirstPreview {
  readonly sandboxId: string;
  readonly port: number;
}

/** As an SDK's `Sandbox.create({ template })` does. */
async function launchMicrovm(caller: ApiClient): Promise<FirstPreview> {
  const { id } = await caller.call<{ id: string }>("POST", "/v1/sandboxes", { template: "vite-react" });
  await untilOpen(caller, id, VITE_PORT);
  return { sandboxId: id, port: VITE_PORT };
}

/** The template's server starts with the machine, but takes its time under emulation. */
async function untilOpen(caller: ApiClient, sandboxId: string, port: number): Promise<void> {
  const deadlineMs = Date.now() + APP_START_TIMEOUT_MS;
  while (Date.now() < deadlineMs) {
    const path = `/v1/sandboxes/${sandboxId}/ports`;
    const { ports } = await caller.call<{ ports: { port: number }[] }>("GET", path);
    if (ports.some((open) => open.port === port)) return;
    await setTimeout(APP_POLL_MS);
  }
  throw new StartError(`the guest's app did not listen on ${port} within ${APP_START_TIMEOUT_MS / 1000} s`);
}

async function attachServers(
  options: StartOptions,
  supervisor: Supervisor,
  secrets: LocalSecrets,
  controlSocket: string,
): Promise<FirstPreview> {
  const demo = options.guests.length === 0;
  const guests = demo ? [await startDemoGuest(supervisor)] : options.guests;
  const [first = { host: "", port: 0 }] = guests;
  for (const [address, ports] of portsByAddress(guests)) {
    const sandboxId = sandboxIdFor(secrets, demo ? "demo" : address);
    await callControl(controlSocket, "POST", "/guests", { sandboxId, workspace: WORKSPACE, address, ports });
  }
  return { sandboxId: sandboxIdFor(secrets, demo ? "demo" : first.host), port: first.port };
}

async function mintLink(
  caller: ApiClient,
  sandboxId: string,
  port: number,
): Promise<SystemDescription["link"]> {
  const body = { port, ttl_seconds: LINK_TTL_S };
  const link = await caller.call<SystemDescription["link"]>(
    "POST",
    `/v1/sandboxes/${sandboxId}/preview-token`,
    body,
  );
  return { url: link.url, token: link.token, expires_at: link.expires_at };
}

async function startDemoGuest(supervisor: Supervisor): Promise<GuestAddress> {
  const address = await demoAddress();
  await supervisor.start("demo", new URL("../demo/main.ts", import.meta.url), [JSON.stringify(address)]);
  return address;
}

/** Servers at one address are one sandbox with several ports. */
function portsByAddress(guests: readonly GuestAddress[]): Map<string, number[]> {
  const byAddress = new Map<string, number[]>();
  for (const { host, port } of guests) {
    const ports = byAddress.get(host) ?? [];
    if (!ports.includes(port)) ports.push(port);
    byAddress.set(host, ports);
  }
  return byAddress;
}

async function assertPortFree(port: number): Promise<void> {
  if (await isPortFree(LOOPBACK, port)) return;
  throw new StartError(
    `Port ${port} is in use on this machine. Choose another: npm start -- --port ${port + 1}`,
  );
}
