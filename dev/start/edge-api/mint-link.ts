import type { LinkDescription } from "../system-description.ts";
import type { ApiClient } from "./api-client.ts";

const LINK_TTL_S = 3600;

/** Mints a signed link to a port of a sandbox. */
export async function mintLink(caller: ApiClient, sandboxId: string, port: number): Promise<LinkDescription> {
  const path = `/v1/sandboxes/${sandboxId}/preview-token`;
  const link = await caller.call<LinkDescription>("POST", path, { port, ttl_seconds: LINK_TTL_S });
  return { url: link.url, token: link.token, expires_at: link.expires_at };
}
