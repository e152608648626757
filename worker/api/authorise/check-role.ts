import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";
import { includesRole } from "../../policy/roles.ts";
import type { ApiContext } from "../api-environment.ts";
import type { AnyCall } from "../call/call.ts";
import { neededRole } from "./needed-role.ts";

/** @returns `forbidden` where the caller's token may not make the call */
export function checkRole(
  context: ApiContext,
  call: Pick<AnyCall, "who" | "role" | "method">,
): Refusal | undefined {
  const needed = neededRole(call);
  if (needed === undefined || context.get("byAdmin")) return undefined;
  const { scope, role } = context.get("caller");
  if (needed === "org") {
    if (scope === "org") return undefined;
    return refuse("forbidden", { detail: "The call needs a token of the org, or the admin's." });
  }
  if (includesRole(role, needed)) return undefined;
  return refuse("forbidden", { detail: `The call needs the role ${needed}; this token is a ${role}.` });
}
