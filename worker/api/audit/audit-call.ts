import type { RefusalCode } from "../../../shared/refusal/refusal.ts";
import { isRefusal, REFUSALS } from "../../../shared/refusal/refusal.ts";
import type { AuditEntry } from "../../objects/audit/audit-trail.ts";
import { recordChange } from "../../objects/audit/record-change.ts";
import type { ApiContext } from "../api-environment.ts";
import type { AnyCall, Who } from "../call/call.ts";
import { isTransient } from "../explain-error.ts";
import { describeActor } from "./describe-actor.ts";

/** Whose changes are audited: not those of hosts, which announce guests all day. */
const AUDITED: readonly Who[] = ["caller", "member", "admin", "enrolment"];

/** Whether a call makes a change that the audit trail must show. */
export function isAudited({ method, who }: Pick<AnyCall, "method" | "who">): boolean {
  return method !== "get" && AUDITED.includes(who);
}

/**
 * Makes a change, then logs who made it and how it ended, and adds it to the audit trail of the workspace that it
 * concerns. The invocation goes on to the end where the client resets the connection: otherwise that would be a way to
 * make a change without a trace.
 *
 * A call that is refused as the client's mistake (4xx) changes nothing. It is in the log only: a token that may do
 * nothing could otherwise push all changes out of the trail.
 */
export function auditCall<Outcome>(
  context: ApiContext,
  call: Pick<AnyCall, "id">,
  change: () => Promise<Outcome>,
): Promise<Outcome> {
  const audited = changeAndReport(context, call.id, change);
  context.executionCtx.waitUntil(audited.catch(() => undefined));
  return audited;
}

async function changeAndReport<Outcome>(
  context: ApiContext,
  what: string,
  change: () => Promise<Outcome>,
): Promise<Outcome> {
  let result: RefusalCode | "ok" = "internal";
  try {
    const outcome = await change();
    result = isRefusal(outcome) ? outcome.code : "ok";
    return outcome;
  } catch (error) {
    if (isTransient(error)) result = "edge_unavailable";
    throw error;
  } finally {
    await report(context, what, result);
  }
}

async function report(context: ApiContext, what: string, result: RefusalCode | "ok"): Promise<void> {
  // Of an enrolment token that was never issued: anyone can make those up.
  if (result === "unauthorized") return;
  const { workspace, on = context.req.path } = context.get("change") ?? {};
  const entry: AuditEntry = {
    atMs: Date.now(),
    who: describeActor(context),
    what,
    on,
    from: context.req.header("cf-connecting-ip") ?? "",
    result,
  };
  console.log({ event: "audit", request: context.env.requestId, workspace, ...entry });
  const mayHaveChanged = result === "ok" || REFUSALS[result].status >= 500;
  if (workspace !== undefined && mayHaveChanged)
    await recordChange(context.env.environment, workspace, entry);
}
