import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { exportJWK, generateKeyPair } from "jose";
import { createGeneration } from "../../shared/generation.ts";
import { linkUrl, publicUrl } from "../../shared/link/preview-url.ts";
import { encodeGuest, encodeHeartbeat, hostApiPath } from "../../shared/protocol/host-api.ts";
import { signHostToken } from "../../shared/protocol/host-token.ts";
import { SIGNATURE_ALGORITHM } from "../../shared/protocol/signature.ts";

const DOMAIN = "preview.test";
const PORT = 3000;

/** A second more than isolates may repeat a refusal. */
const SUSPENSION_MEMORY_MS = 6_000;
const POLL_MS = 250;

/** What one step of the exercise came to: `"mint a link: 200"`. */
export type Outcome = string;

/** A host whose connector accepts whatever the edge sends. */
async function startHost(): Promise<{ origin: string; stop(): void }> {
  const server = http.createServer((request, response) => {
    request.resume();
    response.setHeader("content-type", "application/json");
    response.end(request.url === "/revocations" ? '{"cut":0}' : '{"status":"ok"}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/**
 * Makes every kind of call between the Worker and its objects, through the edge's front door.
 *
 * @returns each step with its status
 */
export async function exerciseEdge(port: number, adminToken: string): Promise<Outcome[]> {
  const host = await startHost();
  const outcomes: Outcome[] = [];
  const send = async (step: string, method: string, url: string, token?: string, body?: unknown) => {
    const { status, content } = await request(port, method, new URL(url), token, body);
    outcomes.push(`${step}: ${status}`);
    return content === "" ? {} : (JSON.parse(content) as Record<string, never>);
  };
  const api = (step: string, method: string, path: string, token: string, body?: unknown) =>
    send(step, method, `http://api.${DOMAIN}${path}`, token, body);
  try {
    await api("put an org", "PUT", "/v1/admin/orgs/acme", adminToken, {
      name: "Acme",
      rate_limit: { per_second: 100, burst: 100 },
    });
    await api("put a workspace", "PUT", "/v1/admin/workspaces/acme", adminToken, { org: "acme" });
    const { token } = await api(
      "create an API token",
      "POST",
      "/v1/admin/workspaces/acme/tokens",
      adminToken,
      {
        name: "test",
        role: "owner",
      },
    );
    const org = await api("create an org token", "POST", "/v1/admin/orgs/acme/tokens", adminToken, {
      name: "test",
    });

    const { privateKey, publicKey } = await generateKeyPair(SIGNATURE_ALGORITHM, { extractable: true });
    const { kty, crv, x } = await exportJWK(publicKey);
    await api("enrol a host", "PUT", "/v1/admin/hosts/host-1", adminToken, {
      origin: host.origin,
      public_key: { kty, crv, x },
    });
    const asHost = async (verb: Parameters<typeof hostApiPath>[1], body: unknown) =>
      api(
        `host: ${verb}`,
        "POST",
        hostApiPath("host-1", verb),
        await signHostToken("host-1", privateKey, Date.now()),
        body,
      );
    const guest = { sandboxId: crypto.randomUUID(), generation: createGeneration(Date.now()) };
    await asHost("attach", { ...encodeGuest(guest), workspace: "acme", ports: [] });
    await asHost("ports", { ...encodeGuest(guest), ports: [PORT] });
    await asHost("heartbeat", encodeHeartbeat([guest], Date.now()));

    const preview = publicUrl("http", DOMAIN, guest.sandboxId, PORT);

    const sandbox = `/v1/sandboxes/${guest.sandboxId}`;
    await send("visit a public preview", "GET", preview);
    await api("list sandboxes", "GET", "/v1/sandboxes", token!);
    await api("show a sandbox", "GET", sandbox, token!);
    const link = await api("mint a link", "POST", `${sandbox}/preview-token`, token!, { port: PORT });
    const limited = await api("mint a path-limited link", "POST", `${sandbox}/preview-token`, token!, {
      port: PORT,
      paths: ["/docs"],
    });
    const linkOf = ({ token: linkToken }: Record<string, never>) =>
      linkUrl("http", `preview.${DOMAIN}`, String(linkToken));
    await send("visit a link", "GET", linkOf(link));
    await send("visit a path-limited link", "GET", `${linkOf(limited)}/docs`);
    await api("revoke a link", "DELETE", `${sandbox}/preview-tokens/${String(link.token)}`, token!);
    await send("visit a revoked link", "GET", linkOf(link));
    await api("change the limit", "PUT", "/v1/orgs/acme/rate-limit", org.token!, {
      per_second: 50,
      burst: 50,
    });
    await api("rotate the keys", "POST", "/v1/workspaces/acme/signing-key/rotate", token!, {});
    await api("read the audit trail", "GET", "/v1/workspaces/acme/audit", token!);
    await api(
      "suspend the sandbox",
      "PUT",
      `/v1/admin/suspensions/sandboxes/${guest.sandboxId}`,
      adminToken,
      {
        reason: "abuse",
      },
    );
    await send("visit a suspended preview", "GET", preview);
    await api(
      "end the suspension",
      "DELETE",
      `/v1/admin/suspensions/sandboxes/${guest.sandboxId}`,
      adminToken,
    );
    await untilNotSuspended(port, new URL(preview));
    await send("visit it again", "GET", preview);
    await asHost("detach", encodeGuest(guest));
    await send("visit an ended preview", "GET", publicUrl("http", DOMAIN, guest.sandboxId, PORT + 1));
    await api("remove the host", "DELETE", "/v1/admin/hosts/host-1", adminToken);
    return outcomes;
  } finally {
    host.stop();
  }
}

/** Isolates repeat the refusal of a suspended sandbox for some seconds. */
async function untilNotSuspended(port: number, url: URL): Promise<void> {
  const deadlineMs = Date.now() + SUSPENSION_MEMORY_MS;
  while ((await request(port, "GET", url)).status === 403 && Date.now() < deadlineMs)
    await setTimeout(POLL_MS);
}

function request(
  port: number,
  method: string,
  url: URL,
  token?: string,
  body?: unknown,
): Promise<{ status: number; content: string }> {
  const headers = {
    host: url.host,
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && { "content-type": "application/json" }),
  };
  const path = url.pathname + url.search;
  return new Promise((resolve, reject) => {
    const sent = http.request({ port, host: "127.0.0.1", method, path, headers }, (response) => {
      text(response).then((content) => resolve({ status: response.statusCode ?? 0, content }), reject);
    });
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
