import { setTimeout } from "node:timers/promises";
import { DeployError } from "../deploy-error.ts";
import type { EdgeClient } from "./edge-client.ts";

export interface SmokeTarget {
  /** Base URL of the API: `https://api.example.com`. */
  readonly api: string;
  readonly adminToken: string;
  readonly workspace: string;
  /** A running sandbox of the workspace; if absent, the first one with an open port. */
  readonly sandboxId?: string | undefined;
  readonly port?: number | undefined;
  /** Where the app accepts WebSockets, and with which subprotocols. */
  readonly webSocketPath: string;
  readonly webSocketProtocols: readonly string[];
  /** For so long a sandbox may take to appear; 0 by default. */
  readonly waitMs?: number;
}

export interface SmokeStep {
  readonly name: "jwks" | "heartbeat" | "public URL" | "link" | "revocation" | "WebSocket";
  readonly ok: boolean;
  readonly text: string;
}

interface Guest {
  readonly id: string;
  readonly host: string;
  readonly port: number;
}

const TOKEN_LIFE_MS = 10 * 60_000;
const POLL_MS = 3_000;
/** Heartbeats come every 15 s; after 60 s the edge takes a host for silent. */
const HEARD_WITHIN_MS = 60_000;
const LINK_TTL_S = 60;

/**
 * Shows that a deployment serves: its keys, a host's heartbeat, and a sandbox by public URL, link and WebSocket. The API
 * token and the link that it makes are revoked in the end.
 *
 * @param report receives each step when it is done
 * @returns whether all steps succeeded
 * @throws {DeployError} where there is no sandbox to visit
 */
export async function smokeTest(
  client: EdgeClient,
  target: SmokeTarget,
  report: (step: SmokeStep) => void,
): Promise<boolean> {
  let ok = true;
  const step = async (name: SmokeStep["name"], run: () => Promise<string>): Promise<void> => {
    const result = await attempt(run);
    ok &&= result.ok;
    report({ name, ...result });
  };
  await step("jwks", () => readKeys(client, target));
  const token = await createToken(client, target);
  try {
    const guest = await awaitGuest(client, target, token.secret);
    await step("heartbeat", () => readHeartbeat(client, target, guest.host));
    const url = publicUrlOf(target.api, guest);
    await step("public URL", () => visit(client, url));
    await step("WebSocket", () => openWebSocket(client, target, url));
    const link = await mintLink(client, target, guest, token.secret);
    await step("link", () => visit(client, link.url));
    await step("revocation", () => revoke(client, target, guest, link, token.secret));
  } finally {
    await client.call("DELETE", `${tokensUrl(target)}/${token.id}`, target.adminToken);
  }
  return ok;
}

async function attempt(run: () => Promise<string>): Promise<{ ok: boolean; text: string }> {
  try {
    return { ok: true, text: await run() };
  } catch (error) {
    const { message, cause } = error as Error;
    return { ok: false, text: cause instanceof Error ? `${message}: ${cause.message}` : message };
  }
}

async function readKeys(client: EdgeClient, { api }: SmokeTarget): Promise<string> {
  const url = `${api}/.well-known/jwks.json`;
  const { keys } = JSON.parse(succeeded(await client.get(url), url)) as { keys: { kid: string }[] };
  if (keys.length === 0) throw new Error("the edge publishes no key");
  return `passes are signed by ${keys[0]?.kid}`;
}

async function createToken(client: EdgeClient, target: SmokeTarget): Promise<{ id: string; secret: string }> {
  const expires_at = new Date(Date.now() + (target.waitMs ?? 0) + TOKEN_LIFE_MS).toISOString();
  const reply = await client.call("POST", tokensUrl(target), target.adminToken, {
    name: "smoke test",
    expires_at,
  });
  if (reply.status !== 201)
    throw new DeployError(`No API token for the workspace "${target.workspace}": ${describe(reply)}`);
  const { id, token } = JSON.parse(reply.text) as { id: string; token: string };
  return { id, secret: token };
}

async function awaitGuest(client: EdgeClient, target: SmokeTarget, token: string): Promise<Guest> {
  const endMs = Date.now() + (target.waitMs ?? 0);
  for (;;) {
    try {
      return await findGuest(client, target, token);
    } catch (error) {
      if (!(error instanceof DeployError) || Date.now() + POLL_MS > endMs) throw error;
      await setTimeout(POLL_MS);
    }
  }
}

/** @throws {DeployError} where none runs */
async function findGuest(client: EdgeClient, target: SmokeTarget, token: string): Promise<Guest> {
  const { api, workspace, sandboxId, port } = target;
  const url = `${api}/v1/sandboxes${sandboxId === undefined ? "" : `/${sandboxId}`}`;
  const reply = await client.call("GET", url, token);
  if (reply.status !== 200)
    throw new DeployError(`The sandbox "${sandboxId ?? ""}" does not run: ${describe(reply)}`);
  const found = JSON.parse(reply.text) as Sandbox | Sandbox[];
  for (const sandbox of Array.isArray(found) ? found : [found]) {
    const open = port ?? sandbox.ports[0];
    if (sandbox.status === "running" && open !== undefined)
      return { id: sandbox.id, host: sandbox.host, port: open };
  }
  throw new DeployError(
    `No sandbox of the workspace "${workspace}" runs with an open port. Attach one on its host: preview-connector attach`,
  );
}

interface Sandbox {
  readonly id: string;
  readonly status: string;
  readonly host: string;
  readonly ports: readonly number[];
}

async function readHeartbeat(client: EdgeClient, target: SmokeTarget, host: string): Promise<string> {
  const url = `${target.api}/v1/admin/hosts/${host}`;
  const text = succeeded(await client.call("GET", url, target.adminToken), url);
  const { heard_at: heardAt } = JSON.parse(text) as { heard_at?: string };
  if (heardAt === undefined) throw new Error(`host ${host} was never heard`);
  const agoMs = Date.now() - Date.parse(heardAt);
  if (agoMs > HEARD_WITHIN_MS) throw new Error(`host ${host} was heard ${Math.round(agoMs / 1000)} s ago`);
  return `host ${host} was heard ${Math.max(Math.round(agoMs / 1000), 0)} s ago`;
}

function publicUrlOf(api: string, { id, port }: Guest): string {
  const { protocol, host } = new URL(api);
  return `${protocol}//${port}-${id}.${host.replace(/^api\./, "")}/`;
}

/** Any response of the app counts, a 404 too: what is tested is the way to it. */
async function visit(client: EdgeClient, url: string): Promise<string> {
  const reply = await client.get(url);
  if (reply.refusal !== undefined || reply.status >= 520) throw new Error(describe(reply));
  return `the app responds with ${reply.status}`;
}

async function openWebSocket(client: EdgeClient, target: SmokeTarget, url: string): Promise<string> {
  const address = new URL(target.webSocketPath, url).href;
  try {
    await client.openWebSocket(address, target.webSocketProtocols);
  } catch (error) {
    throw new Error(
      `${target.webSocketPath}: ${(error as Error).message} (--websocket-path names where the app accepts one)`,
    );
  }
  return `${target.webSocketPath} is open`;
}

interface Link {
  readonly url: string;
  readonly token: string;
}

async function mintLink(
  client: EdgeClient,
  { api }: SmokeTarget,
  { id, port }: Guest,
  token: string,
): Promise<Link> {
  const body = { port, ttl_seconds: LINK_TTL_S };
  const reply = await client.call("POST", `${api}/v1/sandboxes/${id}/preview-token`, token, body);
  if (reply.status !== 200 && reply.status !== 201) throw new DeployError(`No link: ${describe(reply)}`);
  return JSON.parse(reply.text) as Link;
}

async function revoke(
  client: EdgeClient,
  { api }: SmokeTarget,
  { id }: Guest,
  link: Link,
  token: string,
): Promise<string> {
  await client.call("DELETE", `${api}/v1/sandboxes/${id}/preview-tokens/${link.token}`, token);
  const reply = await client.get(link.url);
  if (reply.refusal !== "link_revoked")
    throw new Error(`after it was revoked, the link gives ${describe(reply)}`);
  return "the revoked link is refused";
}

function tokensUrl({ api, workspace }: SmokeTarget): string {
  return `${api}/v1/admin/workspaces/${workspace}/tokens`;
}

function succeeded(
  reply: { status: number; text: string; refusal: string | undefined },
  url: string,
): string {
  if (reply.status === 200) return reply.text;
  throw new Error(`${new URL(url).pathname}: ${describe(reply)}`);
}

const MAX_DETAIL_CHARS = 200;

/** Our own refusals in words; of others no more than the status, since their text may be anything. */
function describe({
  status,
  refusal,
  text,
}: {
  status: number;
  refusal: string | undefined;
  text: string;
}): string {
  if (refusal === undefined) return String(status);
  const detail = /"detail":"([^"]{1,200})/.exec(text)?.[1]?.slice(0, MAX_DETAIL_CHARS);
  return `${status} ${refusal}${detail === undefined ? "" : ` (${detail})`}`;
}
