import * as z from "zod";
import type { RevocationResponse } from "../../shared/protocol/host-calls.ts";
import { accessChangeSchema, decodeAccessChange } from "../../shared/protocol/host-calls.ts";
import { errorResponse } from "../control/error-response.ts";
import type { JsonResponse } from "../control/serve-json.ts";
import type { Relays } from "../workers/relays.ts";

/** Has every relay remember who may visit a sandbox's ports, and cut what is not allowed any more. */
export async function changeAccess(
  body: unknown,
  relays: Pick<Relays, "changeAccess">,
): Promise<JsonResponse> {
  const parsed = accessChangeSchema.safeParse(body);
  if (!parsed.success) return errorResponse(400, z.prettifyError(parsed.error));
  const cut = await relays.changeAccess(decodeAccessChange(parsed.data));
  return { status: 200, body: { cut } satisfies RevocationResponse };
}
