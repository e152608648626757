import * as z from "zod";
import type { RevocationResponse } from "../../shared/protocol/host-calls.ts";
import { decodeRevocation, revocationSchema } from "../../shared/protocol/host-calls.ts";
import { errorResponse } from "../control/error-response.ts";
import type { JsonResponse } from "../control/serve-json.ts";
import type { Relays } from "../workers/relays.ts";

/** Streams about guests, which end with a suspension. */
export interface GuestStreams<Guest> {
  readonly guests: { find(sandboxId: string): Guest | undefined };
  readonly streams: { end(guest: Guest): void };
}

/**
 * Has every relay remember what is revoked, and cut the requests and tunnels that are open under it. A suspension also
 * ends the streams of the sandbox's ports and requests, which are open to the host itself.
 */
export async function revokeLinks<Guest>(
  body: unknown,
  relays: Pick<Relays, "revoke">,
  streams: readonly GuestStreams<Guest>[],
): Promise<JsonResponse> {
  const parsed = revocationSchema.safeParse(body);
  if (!parsed.success) return errorResponse(400, z.prettifyError(parsed.error));
  const revocation = decodeRevocation(parsed.data);
  if (revocation.all === true) for (const each of streams) endStreams(each, revocation.sandboxId);
  const cut = await relays.revoke(revocation);
  return { status: 200, body: { cut } satisfies RevocationResponse };
}

function endStreams<Guest>({ guests, streams }: GuestStreams<Guest>, sandboxId: string): void {
  const guest = guests.find(sandboxId);
  if (guest !== undefined) streams.end(guest);
}
