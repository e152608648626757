import type { RefusalCode } from "../../../shared/refusal.ts";
import type { AnyCall, Who } from "../call/call.ts";

const BY_WHO: Readonly<Record<Who, readonly RefusalCode[]>> = {
  anyone: [],
  caller: ["unauthorized", "rate_limited"],
  member: ["unauthorized", "rate_limited"],
  admin: ["unauthorized"],
  host: ["unauthorized"],
};

const EVERYWHERE: readonly RefusalCode[] = ["internal", "edge_unavailable", "edge_misconfigured"];

/** Every refusal that a call can answer with, its own first. */
export function findRefusals(call: AnyCall): RefusalCode[] {
  const checked = [call.query, call.body, call.misnamed === undefined ? call.params : undefined];
  const invalid = checked.some((schema) => schema !== undefined);
  return [
    ...new Set<RefusalCode>([
      ...(invalid ? (["request_invalid"] as const) : []),
      ...(call.misnamed === undefined ? [] : [call.misnamed]),
      ...(call.refusals ?? []),
      ...BY_WHO[call.who],
      ...EVERYWHERE,
    ]),
  ];
}
