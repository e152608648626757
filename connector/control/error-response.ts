import type { ControlErrorBody } from "../../shared/protocol/control-api.ts";
import type { JsonResponse } from "./serve-json.ts";

/** How the APIs on this host's sockets refuse a call: with a sentence. */
export function errorResponse(status: number, error: string): JsonResponse {
  return { status, body: { error } satisfies ControlErrorBody };
}
