import { SignJWT } from "jose";
import type { UnverifiedLink } from "../shared/link-token.ts";
import type { PassLink } from "../shared/pass.ts";
import { PASS_ALGORITHM, PASS_ISSUER } from "../shared/pass.ts";
import { linkId, linkName } from "./link-name.ts";
import type { Admission } from "./objects/sandbox.ts";
import type { PassKey } from "./settings.ts";

/** A pass is signed again after this long, well before it ends. */
const PASS_REUSE_MS = 30_000;
const PASS_LIFETIME_S = 60;
const MAX_PASSES = 10_000;

interface PressedPass {
  readonly pass: Promise<string>;
  readonly reuseUntilMs: number;
}

/** What of a grant a pass carries on. */
export type PassGrant = Pick<Admission, "hostId" | "generation" | "until">;

export interface PassTarget {
  readonly sandboxId: string;
  readonly port: number;
  /** The link that leads there. */
  readonly link: UnverifiedLink | undefined;
}

/** Signs passes: once per sandbox, port, generation, link and grant every 30 s, not once per request. */
export class PassPress {
  readonly #key: PassKey;
  readonly #passes = new Map<string, PressedPass>();

  constructor(key: PassKey) {
    this.#key = key;
  }

  /** The `preview-pass` for one request to this target. */
  press(target: PassTarget, admission: PassGrant, nowMs: number): Promise<string> {
    const { hostId, generation, until } = admission;
    const link = target.link === undefined ? "" : linkName(target.link);
    const name = `${hostId} ${target.sandboxId} ${target.port} ${generation} ${until} ${link}`;
    const known = this.#passes.get(name);
    if (known !== undefined && nowMs < known.reuseUntilMs) return known.pass;
    const pass = this.#sign(target, admission, Math.floor(nowMs / 1000));
    this.#passes.delete(name);
    this.#passes.set(name, { pass, reuseUntilMs: nowMs + PASS_REUSE_MS });
    if (this.#passes.size > MAX_PASSES) this.#forgetOldest();
    return pass;
  }

  async #sign(target: PassTarget, { hostId, generation, until }: PassGrant, nowS: number): Promise<string> {
    const link = target.link === undefined ? null : await describeLink(target.link);
    return new SignJWT({ port: target.port, gen: generation, until, link })
      .setProtectedHeader({ alg: PASS_ALGORITHM, kid: this.#key.kid })
      .setIssuer(PASS_ISSUER)
      .setAudience(hostId)
      .setSubject(target.sandboxId)
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + PASS_LIFETIME_S)
      .sign(this.#key.privateKey);
  }

  #forgetOldest(): void {
    for (const name of this.#passes.keys()) {
      this.#passes.delete(name);
      return;
    }
  }
}

async function describeLink(link: UnverifiedLink): Promise<PassLink> {
  return { id: await linkId(link), keyVersion: link.claims.keyVersion };
}
