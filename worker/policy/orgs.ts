import * as z from "zod";
import { clampRateLimit } from "../../shared/limit/clamp-rate-limit.ts";
import type { PreviewLimit } from "../../shared/limit/preview-limit.ts";
import { clampPreviewLimit, DEFAULT_PREVIEW_LIMIT } from "../../shared/limit/preview-limit.ts";
import type { OrgRecord } from "../objects/messages.ts";
import { listKeys } from "./list-keys.ts";
import { POLICY_CACHE_S, parseRecord } from "./parse-record.ts";

/**
 * Orgs in KV: `org-limit:{org}`, `org-workspace:{org}:{workspace}`. They are read often, written by admins and eventually
 * consistent.
 */

/** Whatever was written, by whichever version: a limit that a bucket can keep comes out. */
const rateLimitSchema = z
  .object({ perSecond: z.number(), burst: z.number(), pageRequests: z.number().optional() })
  .transform(({ pageRequests, ...limit }) =>
    clampPreviewLimit(pageRequests === undefined ? limit : { ...limit, pageRequests }),
  );

const orgSchema = z.object({
  id: z.string(),
  name: z.string(),
  maxRateLimit: z.object({ perSecond: z.number(), burst: z.number() }).transform(clampRateLimit).optional(),
});

/** An org that was created before orgs had objects: `org:{org}`. Nothing writes it any more. */
export async function findFormerOrg(policy: KVNamespace, org: string): Promise<OrgRecord | undefined> {
  const value = await policy.get(`org:${org}`, { type: "json", cacheTtl: POLICY_CACHE_S });
  const former = parseRecord(orgSchema, value);
  if (former === undefined) return undefined;
  const { id, name, maxRateLimit } = former;
  return { id, name, ...(maxRateLimit && { maxRateLimit }) };
}

/**
 * An org's limit, apart from the org itself: writing one needs no read of the other, which would make KV remember for a
 * while that it is not there yet.
 */
export async function findRateLimit(policy: KVNamespace, org: string): Promise<PreviewLimit> {
  const value = await policy.get(`org-limit:${org}`, { type: "json", cacheTtl: POLICY_CACHE_S });
  return parseRecord(rateLimitSchema, value) ?? DEFAULT_PREVIEW_LIMIT;
}

/** @param rateLimit `undefined` goes back to the default */
export async function putRateLimit(
  policy: KVNamespace,
  org: string,
  rateLimit: PreviewLimit | undefined,
): Promise<void> {
  if (rateLimit === undefined) await policy.delete(`org-limit:${org}`);
  else await policy.put(`org-limit:${org}`, JSON.stringify(rateLimit));
}

export async function putOrgWorkspace(policy: KVNamespace, org: string, workspace: string): Promise<void> {
  await policy.put(`org-workspace:${org}:${workspace}`, "");
}

export async function listOrgWorkspaces(policy: KVNamespace, org: string): Promise<string[]> {
  const prefix = `org-workspace:${org}:`;
  const keys = await listKeys(policy, prefix);
  return keys.map(({ name }) => name.slice(prefix.length));
}
