import type { AnyCall, NeededRole } from "../call/call.ts";

/** The least role with which an API token may make the call; `undefined` where the call needs another credential. */
export function neededRole({
  who,
  role,
  method,
}: Pick<AnyCall, "who" | "role" | "method">): NeededRole | undefined {
  if (who !== "caller" && who !== "member") return undefined;
  return role ?? (method === "get" ? "viewer" : "developer");
}
