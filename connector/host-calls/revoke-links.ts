import { z } from "zod";
import { decodeRevocation, revocationSchema } from "../../shared/protocol/host-calls.ts";
import type { JsonAnswer } from "../control/serve-json.ts";
import type { Relay } from "../relay/relay.ts";
import type { Revocations } from "../revocations.ts";

export interface Revoking {
  readonly revocations: Revocations;
  readonly relay: Pick<Relay, "cut">;
}

/** Remembers what is revoked, then cuts what is open under it. */
export function revokeLinks(body: unknown, { revocations, relay }: Revoking): JsonAnswer {
  const asked = revocationSchema.safeParse(body);
  if (!asked.success) return { status: 400, body: { error: z.prettifyError(asked.error) } };
  revocations.add(decodeRevocation(asked.data), Date.now());
  const cut = relay.cut(({ upstream, link }) =>
    revocations.cover({ sandboxId: upstream.guest.sandboxId, link }),
  );
  return { status: 200, body: { cut } };
}
