import { z } from "zod";
import type { RevocationResponse } from "../../shared/protocol/host-calls.ts";
import { decodeRevocation, revocationSchema } from "../../shared/protocol/host-calls.ts";
import { errorResponse } from "../control/error-response.ts";
import type { JsonResponse } from "../control/serve-json.ts";
import type { Relays } from "../workers/relays.ts";
import type { PortContext } from "./ports/respond-about-ports.ts";

/**
 * Has every relay remember what is revoked, and cut the requests and tunnels that are open under it. A suspension also
 * ends the streams of the sandbox's ports, which are open to the host itself.
 */
export async function revokeLinks(
  body: unknown,
  relays: Pick<Relays, "revoke">,
  ports: PortContext,
): Promise<JsonResponse> {
  const parsed = revocationSchema.safeParse(body);
  if (!parsed.success) return errorResponse(400, z.prettifyError(parsed.error));
  const revocation = decodeRevocation(parsed.data);
  const guest = ports.guests.find(revocation.sandboxId);
  if (guest !== undefined && revocation.all === true) ports.streams.end(guest);
  const cut = await relays.revoke(revocation);
  return { status: 200, body: { cut } satisfies RevocationResponse };
}
