import type { RefusalCode } from "../../../shared/refusal/refusal.ts";
import { neededRole } from "../authorise/needed-role.ts";
import type { AnyCall, Who } from "../call/call.ts";

const BY_WHO: Readonly<Record<Who, readonly RefusalCode[]>> = {
  anyone: [],
  caller: ["request_invalid", "unauthorized", "suspended", "rate_limited"],
  member: ["request_invalid", "unauthorized", "suspended", "rate_limited"],
  admin: ["request_invalid", "unauthorized"],
  host: ["request_invalid", "unauthorized", "conflict", "rate_limited"],
  enrolment: ["request_invalid", "unauthorized", "rate_limited"],
};

const EVERYWHERE: readonly RefusalCode[] = ["internal", "edge_unavailable", "edge_misconfigured"];

/** Every refusal that a call can respond with, its own first. */
export function findRefusals(call: AnyCall): RefusalCode[] {
  return [
    ...new Set<RefusalCode>([
      ...(call.paramsRefusal === undefined ? [] : [call.paramsRefusal]),
      ...(call.refusals ?? []),
      ...((neededRole(call) ?? "viewer") === "viewer" ? [] : (["forbidden"] as const)),
      ...BY_WHO[call.who],
      ...EVERYWHERE,
    ]),
  ];
}
