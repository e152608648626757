import * as z from "zod";
import type { DialResponse } from "../../../shared/protocol/host-calls.ts";
import { dialSchema } from "../../../shared/protocol/host-calls.ts";
import { errorResponse } from "../../control/error-response.ts";
import type { JsonResponse } from "../../control/serve-json.ts";
import { dialOnce } from "./dial-once.ts";
import type { StreamedGuest } from "./streamed-guest.ts";

/** Connects to a port of a guest as a request would, and closes the connection. */
export async function dialPort(guest: StreamedGuest, body: unknown): Promise<JsonResponse> {
  const parsed = dialSchema.safeParse(body);
  if (!parsed.success) return errorResponse(400, z.prettifyError(parsed.error));
  const refusal = await dialOnce(guest, parsed.data.port);
  const response: DialResponse = {
    ...(refusal !== undefined && { refusal: refusal.code }),
    open_ports: guest.ports,
  };
  return { status: 200, body: response };
}
