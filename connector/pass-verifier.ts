import type { JWTVerifyGetKey } from "jose";
import { jwtVerify } from "jose";
import { BoundedMap } from "../shared/bounded-map.ts";
import type { PassClaims, PassLink } from "../shared/pass.ts";
import { CLOCK_TOLERANCE_S, PASS_ALGORITHM, PASS_ISSUER, PASS_MAX_LIFETIME_S } from "../shared/pass.ts";
import { isPort } from "../shared/port.ts";
import type { Refusal } from "../shared/refusal.ts";
import { refuse } from "../shared/refusal.ts";

/** Far longer than any pass; a longer field is not worth a look. */
const MAX_PASS_LENGTH = 2048;
const MAX_REMEMBERED_PASSES = 20_000;

interface RememberedPass {
  readonly claims: PassClaims;
  readonly expiresAtMs: number;
}

/**
 * Verifies the edge's passes, and remembers those that hold until they expire: a pass is made once per sandbox
 * and half minute, but comes with each request.
 */
export class PassVerifier {
  readonly #hostId: string;
  readonly #keys: JWTVerifyGetKey;
  readonly #remembered = new BoundedMap<string, RememberedPass>(MAX_REMEMBERED_PASSES);

  constructor(hostId: string, keys: JWTVerifyGetKey) {
    this.#hostId = hostId;
    this.#keys = keys;
  }

  /** A pass that was verified before and still holds. */
  recall(pass: string, nowMs: number): PassClaims | undefined {
    const known = this.#remembered.get(pass);
    if (known === undefined) return undefined;
    if (nowMs < known.expiresAtMs) return known.claims;
    this.#remembered.delete(pass);
    return undefined;
  }

  /** @returns the claims, or `pass_invalid` */
  async verify(pass: string | undefined, nowMs: number): Promise<PassClaims | Refusal> {
    if (pass === undefined || pass.length > MAX_PASS_LENGTH) return refuse("pass_invalid");
    try {
      const { payload } = await jwtVerify(pass, this.#keys, {
        algorithms: [PASS_ALGORITHM],
        issuer: PASS_ISSUER,
        audience: this.#hostId,
        requiredClaims: ["sub", "exp", "iat"],
        maxTokenAge: PASS_MAX_LIFETIME_S,
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: new Date(nowMs),
      });
      const { sub, port, gen, until, link, exp = 0, iat = 0 } = payload;
      if (typeof sub !== "string" || !isPort(port) || typeof gen !== "string") return refuse("pass_invalid");
      if (typeof until !== "number" || !(link === null || isPassLink(link))) return refuse("pass_invalid");
      const claims = { sandboxId: sub, port, generation: gen, until, link: link ?? undefined };
      const endS = Math.min(exp, iat + PASS_MAX_LIFETIME_S) + CLOCK_TOLERANCE_S;
      this.#remembered.set(pass, { claims, expiresAtMs: endS * 1000 });
      return claims;
    } catch {
      return refuse("pass_invalid");
    }
  }
}

function isPassLink(value: unknown): value is PassLink {
  if (typeof value !== "object" || value === null) return false;
  const { id, keyVersion } = value as Partial<PassLink>;
  return typeof id === "string" && typeof keyVersion === "number";
}
