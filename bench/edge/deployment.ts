import { createHash, randomBytes, randomUUID } from "node:crypto";
import { exportJWK, generateKeyPair } from "jose";
import { createPassKey } from "../../dev/create-pass-key.ts";
import { createGeneration } from "../../shared/generation.ts";
import { publicUrl } from "../../shared/link/preview-url.ts";
import type { GuestStart, HostApiVerb } from "../../shared/protocol/host-api.ts";
import {
  encodeGuest,
  encodeHeartbeat,
  HEARTBEAT_INTERVAL_MS,
  hostApiPath,
} from "../../shared/protocol/host-api.ts";
import { signHostToken } from "../../shared/protocol/host-token.ts";
import { SIGNATURE_ALGORITHM } from "../../shared/protocol/signature.ts";
import { callEdge } from "./call-edge.ts";

const PREVIEW_DOMAIN = "preview.test";
const HOST_ID = "bench-host";
const PORT = 3000;

/** Never reached, so leases have their greatest length. */
const PLENTY = { per_second: 10_000, burst: 10_000 };
/** A tenth of this burst is less than a permit, so each lease has one; and one hostname of many never reaches it. */
const ONE_AT_A_TIME = { per_second: 10_000, burst: 9 };
/** Used up by the first request, for longer than any run. */
const SPENT = { per_second: 0.01, burst: 1 };

/** How many sandboxes take turns where each request needs an object. */
export const UNLEASED_SANDBOXES = 50;

/** Hostnames of attached previews, by how the edge admits their requests. */
export interface Previews {
  readonly leasedPublic: string;
  readonly leasedLink: string;
  readonly unleased: readonly string[];
  readonly limited: string;
}

export interface Secrets {
  readonly adminToken: string;
  readonly bindings: Readonly<Record<string, string>>;
}

export async function createSecrets(): Promise<Secrets> {
  const adminToken = randomBytes(32).toString("base64url");
  return {
    adminToken,
    bindings: {
      PREVIEW_DOMAIN,
      ALLOW_HTTP: "true",
      LINK_SECRET: randomBytes(32).toString("base64url"),
      PASS_SIGNING_KEY: await createPassKey(),
      ADMIN_TOKEN_SHA256: createHash("sha256").update(adminToken).digest("hex"),
    },
  };
}

/**
 * Enrols a host and attaches sandboxes through the edge's API, as an operator and a connector do. The host lives as long
 * as this process.
 */
export async function deploy(port: number, adminToken: string, origin: string): Promise<Previews> {
  const host = await enrolHost(port, adminToken, origin);
  const plenty = await createWorkspace(port, adminToken, "plenty", PLENTY);
  const single = await createWorkspace(port, adminToken, "single", ONE_AT_A_TIME);
  const spent = await createWorkspace(port, adminToken, "spent", SPENT);
  const leased = await host.attach(plenty.id);
  const unleased: string[] = [];
  for (let count = 0; count < UNLEASED_SANDBOXES; count++) unleased.push(await host.attach(single.id));
  const limited = await host.attach(spent.id);
  const timer = setInterval(
    () => void host.sendHeartbeat().catch(() => clearInterval(timer)),
    HEARTBEAT_INTERVAL_MS,
  );
  timer.unref();
  return {
    leasedPublic: publicHostname(leased),
    leasedLink: await mintLink(port, plenty.token, leased),
    unleased: unleased.map(publicHostname),
    limited: publicHostname(limited),
  };
}

async function createWorkspace(port: number, adminToken: string, id: string, limit: typeof PLENTY) {
  const admin = <Result>(method: string, path: string, body: unknown) =>
    callApi<Result>(port, adminToken, method, `/v1/admin/${path}`, body);
  await admin("PUT", `orgs/${id}`, { name: id, rate_limit: limit });
  await admin("PUT", `workspaces/${id}`, { org: id });
  const { token } = await admin<{ token: string }>("POST", `workspaces/${id}/tokens`, { name: "bench" });
  return { id, token };
}

async function enrolHost(port: number, adminToken: string, origin: string) {
  const { privateKey, publicKey } = await generateKeyPair(SIGNATURE_ALGORITHM, { extractable: true });
  const { kty, crv, x } = await exportJWK(publicKey);
  const record = { origin, public_key: { kty, crv, x } };
  await callApi(port, adminToken, "PUT", `/v1/admin/hosts/${HOST_ID}`, record);
  const guests: GuestStart[] = [];
  const call = async (verb: HostApiVerb, body: unknown) => {
    const token = await signHostToken(HOST_ID, privateKey, Date.now());
    await callApi(port, token, "POST", hostApiPath(HOST_ID, verb), body);
  };
  return {
    /** @returns the new sandbox's id */
    async attach(workspace: string): Promise<string> {
      const guest = { sandboxId: randomUUID(), generation: createGeneration(Date.now()) };
      await call("attach", { ...encodeGuest(guest), workspace, ports: [PORT] });
      guests.push(guest);
      return guest.sandboxId;
    },
    sendHeartbeat: () => call("heartbeat", encodeHeartbeat(guests, Date.now())),
  };
}

async function mintLink(port: number, token: string, sandboxId: string): Promise<string> {
  const path = `/v1/sandboxes/${sandboxId}/preview-token`;
  const { url } = await callApi<{ url: string }>(port, token, "POST", path, { port: PORT });
  return new URL(url).hostname;
}

function publicHostname(sandboxId: string): string {
  return new URL(publicUrl("https", PREVIEW_DOMAIN, sandboxId, PORT)).hostname;
}

function callApi<Result>(port: number, token: string, method: string, path: string, body: unknown) {
  return callEdge<Result>(port, { host: `api.${PREVIEW_DOMAIN}`, method, path, token, body });
}
