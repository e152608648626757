import { z } from "zod";
import { listKeys } from "./list-keys.ts";
import { POLICY_CACHE_S, parseRecord } from "./parse-record.ts";

/** API tokens in KV: `token:{sha256}` by the secret's digest, `workspace-token:{workspace}:{id}` to list them. */

const apiTokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  workspace: z.string(),
  org: z.string(),
  /** RFC 3339. */
  createdAt: z.string(),
});

export type ApiToken = z.infer<typeof apiTokenSchema>;

/** @param sha256 of the token, lower-case hex */
export async function findApiToken(policy: KVNamespace, sha256: string): Promise<ApiToken | undefined> {
  const value = await policy.get(`token:${sha256}`, { type: "json", cacheTtl: POLICY_CACHE_S });
  return parseRecord(apiTokenSchema, value);
}

export async function putApiToken(policy: KVNamespace, sha256: string, token: ApiToken): Promise<void> {
  await policy.put(`token:${sha256}`, JSON.stringify(token));
  await policy.put(`workspace-token:${token.workspace}:${token.id}`, sha256, { metadata: token });
}

export async function listApiTokens(policy: KVNamespace, workspace: string): Promise<ApiToken[]> {
  const keys = await listKeys<ApiToken>(policy, `workspace-token:${workspace}:`);
  return keys.flatMap(({ metadata }) => metadata ?? []);
}

export async function deleteApiToken(policy: KVNamespace, workspace: string, id: string): Promise<void> {
  const sha256 = await policy.get(`workspace-token:${workspace}:${id}`);
  if (sha256 !== null) await policy.delete(`token:${sha256}`);
  await policy.delete(`workspace-token:${workspace}:${id}`);
}
