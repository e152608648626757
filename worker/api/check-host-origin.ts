import type { Refusal } from "../../shared/refusal/refusal.ts";
import { refuse } from "../../shared/refusal/refusal.ts";
import { checkOrigin } from "../hosts/check-origin.ts";
import type { ApiContext } from "./api-environment.ts";

/** @returns `request_invalid` where the edge may not send requests to the origin that a body names */
export function checkHostOrigin(context: ApiContext, origin: string): Refusal | undefined {
  const message = checkOrigin(origin, new URL(context.req.url).origin, context.env.edge.settings);
  if (message === undefined) return undefined;
  return refuse("request_invalid", { detail: `/origin ${message}`, errors: [{ path: "/origin", message }] });
}
