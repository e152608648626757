import { z } from "zod";
import type { RateLimit } from "../shared/gcra.ts";
import { DEFAULT_RATE_LIMIT } from "../shared/gcra.ts";

/**
 * The records of KV namespace `POLICY`: read-mostly, written by admins, eventually consistent.
 *
 * `org:{org}` · `org-limit:{org}` · `token:{sha256}` · `workspace-token:{workspace}:{id}` · `org-workspace:{org}:{workspace}` · `launcher-host:{host}`
 */

/** KV's own cache of a record; its least value. */
const POLICY_CACHE_S = 30;

const rateLimitSchema = z.object({ perSecond: z.number().positive(), burst: z.number().int().positive() });

const orgSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** The most that the org's own API tokens may set. */
  maxRateLimit: rateLimitSchema.optional(),
});

const apiTokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  workspace: z.string(),
  org: z.string(),
  /** RFC 3339. */
  createdAt: z.string(),
});

export type Org = z.infer<typeof orgSchema>;
export type ApiToken = z.infer<typeof apiTokenSchema>;

export async function findOrg(policy: KVNamespace, org: string): Promise<Org | undefined> {
  return parseRecord(orgSchema, await policy.get(`org:${org}`, { type: "json", cacheTtl: POLICY_CACHE_S }));
}

export async function putOrg(policy: KVNamespace, org: Org): Promise<void> {
  await policy.put(`org:${org.id}`, JSON.stringify(org));
}

/**
 * An org's limit, apart from the org itself: writing the one needs no read of the other, which would make KV remember
 * for a while that it is not there yet.
 */
export async function findRateLimit(policy: KVNamespace, org: string): Promise<RateLimit> {
  const value = await policy.get(`org-limit:${org}`, { type: "json", cacheTtl: POLICY_CACHE_S });
  return parseRecord(rateLimitSchema, value) ?? DEFAULT_RATE_LIMIT;
}

/** @param rateLimit `undefined` goes back to the default */
export async function putRateLimit(
  policy: KVNamespace,
  org: string,
  rateLimit: RateLimit | undefined,
): Promise<void> {
  if (rateLimit === undefined) await policy.delete(`org-limit:${org}`);
  else await policy.put(`org-limit:${org}`, JSON.stringify(rateLimit));
}

/** @param sha256 of the token, lower-case hex */
export async function findApiToken(policy: KVNamespace, sha256: string): Promise<ApiToken | undefined> {
  return parseRecord(
    apiTokenSchema,
    await policy.get(`token:${sha256}`, { type: "json", cacheTtl: POLICY_CACHE_S }),
  );
}

export async function putApiToken(policy: KVNamespace, sha256: string, token: ApiToken): Promise<void> {
  await policy.put(`token:${sha256}`, JSON.stringify(token));
  await policy.put(`workspace-token:${token.workspace}:${token.id}`, sha256, { metadata: token });
}

export async function listApiTokens(policy: KVNamespace, workspace: string): Promise<ApiToken[]> {
  const tokens: ApiToken[] = [];
  let cursor: string | undefined;
  do {
    const page: KVNamespaceListResult<ApiToken> = await policy.list({
      prefix: `workspace-token:${workspace}:`,
      ...(cursor !== undefined && { cursor }),
    });
    for (const { metadata } of page.keys) if (metadata !== undefined) tokens.push(metadata);
    cursor = page.list_complete ? undefined : page.cursor;
  } while (cursor !== undefined);
  return tokens;
}

export async function deleteApiToken(policy: KVNamespace, workspace: string, id: string): Promise<void> {
  const sha256 = await policy.get(`workspace-token:${workspace}:${id}`);
  if (sha256 !== null) await policy.delete(`token:${sha256}`);
  await policy.delete(`workspace-token:${workspace}:${id}`);
}

export async function putOrgWorkspace(policy: KVNamespace, org: string, workspace: string): Promise<void> {
  await policy.put(`org-workspace:${org}:${workspace}`, "");
}

export async function listOrgWorkspaces(policy: KVNamespace, org: string): Promise<string[]> {
  const prefix = `org-workspace:${org}:`;
  const page = await policy.list({ prefix });
  return page.keys.map((key) => key.name.slice(prefix.length));
}

/** Enters or strikes a host in the list of those that can start sandboxes. */
export async function putLauncherHost(policy: KVNamespace, host: string, launches: boolean): Promise<void> {
  if (launches) await policy.put(`launcher-host:${host}`, "");
  else await policy.delete(`launcher-host:${host}`);
}

export async function listLauncherHosts(policy: KVNamespace): Promise<string[]> {
  const prefix = "launcher-host:";
  const page = await policy.list({ prefix });
  return page.keys.map((key) => key.name.slice(prefix.length));
}

/** A record that does not fit its schema counts as absent: damage never widens access. */
function parseRecord<T>(schema: z.ZodType<T>, value: unknown): T | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
