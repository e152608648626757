import type { JWTVerifyGetKey } from "jose";
import { BoundedMap } from "../shared/bounded-map.ts";
import type { Pass, VerifiedPass } from "../shared/protocol/pass.ts";
import { verifyPass } from "../shared/protocol/pass.ts";
import type { Refusal } from "../shared/refusal/refusal.ts";
import { refuse } from "../shared/refusal/refusal.ts";
import { KeysMissingError } from "./edge/keys-missing-error.ts";

/** Far longer than any pass; a longer field is refused before it is decoded. */
export const MAX_PASS_LENGTH = 2048;
const MAX_REMEMBERED_PASSES = 20_000;

/** By then the edge's keys may have been fetched. */
const RETRY_AFTER_S = 5;

/**
 * Verifies the edge's passes, and remembers the valid ones until they expire: the edge makes one pass for each preview
 * hostname and half minute, and sends it with each request.
 */
export class PassVerifier {
  readonly #hostId: string;
  readonly #keys: JWTVerifyGetKey;
  readonly #remembered = new BoundedMap<string, VerifiedPass>(MAX_REMEMBERED_PASSES);

  constructor(hostId: string, keys: JWTVerifyGetKey) {
    this.#hostId = hostId;
    this.#keys = keys;
  }

  /** @returns a pass that was verified before and is still valid */
  recall(jwt: string, nowMs: number): Pass | undefined {
    const known = this.#remembered.get(jwt);
    if (known === undefined) return undefined;
    if (nowMs < known.acceptedUntilMs) return known.pass;
    this.#remembered.delete(jwt);
    return undefined;
  }

  /** @returns the pass; `pass_invalid`, or `edge_unavailable` where its key is not known and cannot be fetched */
  async verify(jwt: string | undefined, nowMs: number): Promise<Pass | Refusal> {
    if (jwt === undefined || jwt.length > MAX_PASS_LENGTH) return refuse("pass_invalid");
    try {
      const verified = await verifyPass(jwt, this.#hostId, this.#keys, nowMs);
      this.#remembered.set(jwt, verified);
      return verified.pass;
    } catch (error) {
      if (error instanceof KeysMissingError)
        return refuse("edge_unavailable", { retryAfterS: RETRY_AFTER_S });
      return refuse("pass_invalid");
    }
  }
}
