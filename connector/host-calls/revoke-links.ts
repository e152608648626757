import { z } from "zod";
import type { RevocationResponse } from "../../shared/protocol/host-calls.ts";
import { decodeRevocation, revocationSchema } from "../../shared/protocol/host-calls.ts";
import { refuse } from "../../shared/refusal/refusal.ts";
import { errorResponse } from "../control/error-response.ts";
import type { JsonResponse } from "../control/serve-json.ts";
import type { Relay } from "../relay/relay.ts";
import type { Revocations } from "../revocations.ts";
import type { PortContext } from "./ports/respond-about-ports.ts";

export interface RevocationContext {
  readonly revocations: Revocations;
  readonly relay: Pick<Relay, "cut">;
}

/**
 * Remembers what is revoked, then cuts the requests and tunnels that are open under it. A suspension also ends the
 * streams of the sandbox's ports, which are open to the host itself.
 */
export function revokeLinks(
  body: unknown,
  { revocations, relay }: RevocationContext,
  ports: PortContext,
): JsonResponse {
  const parsed = revocationSchema.safeParse(body);
  if (!parsed.success) return errorResponse(400, z.prettifyError(parsed.error));
  const nowMs = Date.now();
  const revocation = decodeRevocation(parsed.data);
  revocations.add(revocation, nowMs);
  const guest = ports.guests.find(revocation.sandboxId);
  if (guest !== undefined && revocations.isSuspended(guest.sandboxId, nowMs)) ports.streams.end(guest);
  const cut = relay.cut(({ upstream, link }) => {
    const { sandboxId } = upstream.guest;
    if (revocations.covers({ sandboxId, link })) return refuse("link_revoked");
    return revocations.isSuspended(sandboxId, nowMs) ? refuse("suspended") : undefined;
  });
  return { status: 200, body: { cut } satisfies RevocationResponse };
}
