import type { AuditActor } from "../../objects/audit/audit-trail.ts";
import type { ApiContext } from "../api-environment.ts";

/** Who makes a call that was authenticated: never by the token itself. */
export function describeActor(context: ApiContext): AuditActor {
  if (context.get("byAdmin")) return { kind: "admin" };
  if (context.get("enrolmentTokenSha256") !== undefined) return { kind: "enrolment_token" };
  const { id, scope, role } = context.get("caller");
  return { kind: scope === "org" ? "org_token" : "api_token", id, role };
}
