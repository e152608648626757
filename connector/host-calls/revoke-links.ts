import { z } from "zod";
import type { JsonAnswer } from "../control/serve-json.ts";
import type { Relay } from "../relay/relay.ts";
import type { Revocations } from "../revocations.ts";
import { sandboxIdSchema } from "../sandbox-id-schema.ts";

export interface Revoking {
  readonly revocations: Revocations;
  readonly relay: Pick<Relay, "cut">;
}

/** Links that one call may withdraw. */
export const MAX_LINKS_PER_REVOCATION = 1000;

const revocationSchema = z.strictObject({
  sandbox_id: sandboxIdSchema,
  links: z.array(z.string().min(1).max(64)).max(MAX_LINKS_PER_REVOCATION).default([]),
  key_versions: z.array(z.int().min(0).max(31)).optional(),
});

/** Remembers what is withdrawn, then cuts what is open under it. */
export function revokeLinks(body: unknown, { revocations, relay }: Revoking): JsonAnswer {
  const asked = revocationSchema.safeParse(body);
  if (!asked.success) return { status: 400, body: { error: z.prettifyError(asked.error) } };
  const { sandbox_id: sandboxId, links, key_versions: keyVersions } = asked.data;
  revocations.add({ sandboxId, links, ...(keyVersions !== undefined && { keyVersions }) }, Date.now());
  const cut = relay.cut(({ upstream, link }) =>
    revocations.cover({ sandboxId: upstream.guest.sandboxId, link }),
  );
  return { status: 200, body: { cut } };
}
