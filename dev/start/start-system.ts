import { join, resolve } from "node:path";
import { parseConfig } from "../../connector/config.ts";
import { callControl } from "../../connector/control/control-client.ts";
import { enroll } from "../../connector/enroll.ts";
import { publicUrl } from "../../shared/preview-url.ts";
import { ApiClient } from "./api-client.ts";
import { findControlSocket } from "./control-socket.ts";
import { demoAddress } from "./demo-address.ts";
import { findFreePort, isPortFree } from "./free-port.ts";
import { SecretsFile, sandboxIdFor, workerBindings } from "./local-secrets.ts";
import type { GuestAddress, StartOptions } from "./parse-options.ts";
import type { Supervisor } from "./supervisor.ts";

const ORG = "demo";
const WORKSPACE = "demo";
const HOST_ID = "local";
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

/** Starts edge, connector and guests, and tells how to reach them. */
export async function startSystem(
  options: StartOptions,
  supervisor: Supervisor,
  progress: Progress,
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
  const connectorPort = await findFreePort();
  const config = parseConfig({
    hostId: HOST_ID,
    api: localApi,
    origin: `http://${LOOPBACK}:${connectorPort}`,
    listen: { host: LOOPBACK, port: connectorPort },
    keyFile: join(stateDirectory, "connector", "host-key.json"),
    stateDirectory: join(stateDirectory, "connector"),
    controlSocket: await findControlSocket(stateDirectory),
  });
  const configFile = join(stateDirectory, "connector", "config.json");
  await enroll(config, secrets.adminToken, configFile);
  await supervisor.start("connector", new URL("../connector/main.ts", import.meta.url), [configFile]);

  progress("guest: starting and attaching");
  const guests = options.guests.length > 0 ? options.guests : [await startDemoGuest(supervisor)];
  const sandboxIds: string[] = [];
  for (const [address, ports] of portsByAddress(guests)) {
    const sandboxId = sandboxIdFor(secrets, options.guests.length > 0 ? address : "demo");
    sandboxIds.push(sandboxId);
    await callControl(config.controlSocket, "POST", "/guests", {
      sandboxId,
      workspace: WORKSPACE,
      address,
      ports,
    });
  }
  await secretsFile.save(secrets);

  const [sandboxId = ""] = sandboxIds;
  const { port = 0 } = guests[0] ?? {};
  const link = await mintLink(localApi, apiToken, sandboxId, port);
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

async function mintLink(api: string, apiToken: string, sandboxId: string, port: number) {
  const caller = new ApiClient(api, apiToken);
  const body = { port, ttl_seconds: LINK_TTL_S };
  const { url, token, expires_at } = await caller.call<{ url: string; token: string; expires_at: string }>(
    "POST",
    `/v1/sandboxes/${sandboxId}/preview-token`,
    body,
  );
  return { url, token, expires_at };
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
