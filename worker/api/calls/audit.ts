import * as z from "zod";
import { isRefusal } from "../../../shared/refusal/refusal.ts";
import type { NumberedAuditEntry } from "../../objects/audit/audit-trail.ts";
import { MAX_AUDIT_ENTRIES } from "../../objects/audit/audit-trail.ts";
import type { ApiApp } from "../api-app.ts";
import { findWorkspace } from "../authorise/find-workspace.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import { nextPageField } from "../next-page-field.ts";
import { auditEntrySchema, encodeAuditEntry } from "../schemas/audit-entry-schema.ts";
import { workspaceParams } from "../schemas/path-params.ts";
import { workspaceOf } from "../workspace-of.ts";

const DEFAULT_PAGE_SIZE = 100;

const listCall = defineCall({
  id: "listAuditEntries",
  method: "get",
  path: "/v1/workspaces/{workspace}/audit",
  tag: "Workspaces",
  who: "member",
  role: "owner",
  summary: "List the last changes",
  description: `Of the last ${MAX_AUDIT_ENTRIES} changes that were made over the API, and of moves of running sandboxes to another host: who, what, on what, when, from where. Newest first. Refused calls are only in the operator's log. While there are more pages, the response has \`link: <…>; rel="next"\`.`,
  params: workspaceParams,
  query: z.strictObject({
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(MAX_AUDIT_ENTRIES)
      .default(DEFAULT_PAGE_SIZE)
      .describe("The most entries on one page."),
    cursor: z.coerce
      .number()
      .int()
      .min(1)
      .default(Number.MAX_SAFE_INTEGER)
      .describe("From the `next` link of the page before."),
  }),
  paramsRefusal: "not_found",
  response: {
    status: 200,
    description: "One page.",
    schema: z.object({ entries: z.array(auditEntrySchema) }).meta({ id: "AuditEntries" }),
    headers: { link: 'The next page, `rel="next"` (RFC 8288); absent on the last one.' },
  },
});

/** The last changes of a workspace. */
export function mountAudit(app: ApiApp): void {
  mountCall(app, listCall, async (context, { params, query: { limit, cursor } }) => {
    const workspace = await findWorkspace(context, params.workspace);
    if (isRefusal(workspace)) return workspace;
    const found: NumberedAuditEntry[] = await workspaceOf(context, workspace).listChanges(cursor, limit + 1);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    if (found.length > limit && last !== undefined)
      context.header("link", nextPageField(context, { limit, cursor: last.seq }));
    return { entries: page.map(encodeAuditEntry) };
  });
}
