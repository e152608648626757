import * as z from "zod";
import { listKeys } from "./list-keys.ts";
import { POLICY_CACHE_S, parseRecord } from "./parse-record.ts";
import { ROLES } from "./roles.ts";

/**
 * API tokens in KV: `token:{sha256}` by the secret's digest; to list them `workspace-token:{workspace}:{id}` and, for the
 * tokens of orgs, `org-token:{org}:{id}`.
 */

const members = {
  id: z.string(),
  name: z.string(),
  org: z.string(),
  role: z.enum(ROLES),
  /** RFC 3339. */
  createdAt: z.string(),
  /** Unix milliseconds. */
  expiresAtMs: z.number().optional(),
};

const workspaceTokenSchema = z.object({
  ...members,
  scope: z.literal("workspace"),
  workspace: z.string(),
});

/** It says that it is one: a workspace's token that lost its workspace must not open the whole org. */
const orgTokenSchema = z.object({ ...members, scope: z.literal("org") });

const apiTokenSchema = z.discriminatedUnion("scope", [orgTokenSchema, workspaceTokenSchema]);

export type WorkspaceToken = z.infer<typeof workspaceTokenSchema>;
export type OrgToken = z.infer<typeof orgTokenSchema>;
export type ApiToken = z.infer<typeof apiTokenSchema>;

/** Whom tokens belong to. */
export type TokenOwner = { readonly workspace: string } | { readonly org: string };

/** @param sha256 of the token, lower-case hex */
export async function findApiToken(policy: KVNamespace, sha256: string): Promise<ApiToken | undefined> {
  const value = await policy.get(`token:${sha256}`, { type: "json", cacheTtl: POLICY_CACHE_S });
  return parseRecord(apiTokenSchema, value);
}

/** Whether a token has not expired. */
export function isLive({ expiresAtMs }: Pick<ApiToken, "expiresAtMs">, nowMs: number): boolean {
  return expiresAtMs === undefined || nowMs < expiresAtMs;
}

export async function putApiToken(policy: KVNamespace, sha256: string, token: ApiToken): Promise<void> {
  await policy.put(`token:${sha256}`, JSON.stringify(token));
  await policy.put(listPrefix(token.scope === "org" ? { org: token.org } : token) + token.id, sha256, {
    metadata: token,
  });
}

export async function listApiTokens(policy: KVNamespace, owner: TokenOwner): Promise<ApiToken[]> {
  const keys = await listKeys<unknown>(policy, listPrefix(owner));
  return keys.flatMap(({ metadata }) => parseRecord(apiTokenSchema, metadata) ?? []);
}

export async function deleteApiToken(policy: KVNamespace, owner: TokenOwner, id: string): Promise<void> {
  const key = listPrefix(owner) + id;
  const sha256 = await policy.get(key);
  if (sha256 !== null) await policy.delete(`token:${sha256}`);
  await policy.delete(key);
}

function listPrefix(owner: TokenOwner): string {
  return "workspace" in owner ? `workspace-token:${owner.workspace}:` : `org-token:${owner.org}:`;
}
