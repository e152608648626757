import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";
import { sandboxIdFromBytes } from "../../../shared/sandbox-id.ts";
import type { ApiContext } from "../api-environment.ts";

/** Of draft-ietf-httpapi-idempotency-key-header. */
export const IDEMPOTENCY_FIELD = "idempotency-key";

const MAX_IDEMPOTENCY_KEY_LENGTH = 255;
const VISIBLE = /^[!-~]+$/;

export interface ChosenId {
  readonly id: string;
  /** From 0 to below 1: the place in the list of hosts from which one is chosen. */
  readonly place: number;
  /** A call with the same key may have started it already. */
  readonly isRepeatable: boolean;
}

/**
 * Chooses a new sandbox's id. With an `idempotency-key` it follows from the key and the workspace, so that a repeated
 * call starts nothing twice, and nothing has to be stored. It is derived by a secret (HMAC-SHA-256): a sandbox's id opens
 * its public preview URLs, and a key may be guessable.
 */
export async function chooseSandboxId(context: ApiContext, workspace: string): Promise<ChosenId | Refusal> {
  const key = context.req.header(IDEMPOTENCY_FIELD);
  if (key === undefined) return { id: crypto.randomUUID(), place: Math.random(), isRepeatable: false };
  if (key.length > MAX_IDEMPOTENCY_KEY_LENGTH || !VISIBLE.test(key)) {
    return refuse("request_invalid", {
      detail: `${IDEMPOTENCY_FIELD} must have 1 to ${MAX_IDEMPOTENCY_KEY_LENGTH} visible characters.`,
    });
  }
  const [{ bytes: secret }] = context.env.edge.settings.linkSecrets;
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const signer = await crypto.subtle.importKey("raw", secret, hmac, false, ["sign"]);
  const text = new TextEncoder().encode(`sandbox-id\0${workspace}\0${key}`);
  const digest = new Uint8Array(await crypto.subtle.sign("HMAC", signer, text));
  return { id: toUuid(digest.slice(0, 16)), place: (digest[16] ?? 0) / 256, isRepeatable: true };
}

/** RFC 9562, section 5.8: version 8, whose other bits are the application's own. */
function toUuid(bytes: Uint8Array): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return sandboxIdFromBytes(bytes);
}
