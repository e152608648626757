import { SignJWT } from "jose";
import { BoundedMap } from "../shared/bounded-map.ts";
import type { UnverifiedLink } from "../shared/link-token.ts";
import type { PassLink } from "../shared/pass.ts";
import { PASS_ALGORITHM, PASS_ISSUER } from "../shared/pass.ts";
import { linkId } from "./link-name.ts";
import type { Admission } from "./objects/sandbox.ts";
import type { PassKey } from "./settings.ts";

/** A pass is signed again after this long, well before it ends. */
const PASS_REUSE_MS = 30_000;
const PASS_LIFETIME_S = 60;
const MAX_PASSES = 10_000;

interface PressedPass {
  readonly pass: string;
  readonly reuseUntilMs: number;
}

/** What of a grant a pass carries on. */
export type PassGrant = Pick<Admission, "hostId" | "generation" | "until">;

export interface PassTarget {
  /** No other target's. */
  readonly name: string;
  readonly sandboxId: string;
  readonly port: number;
  /** The link that leads there. */
  readonly link?: UnverifiedLink;
}

/** Signs passes: once per preview hostname, host and generation every 30 s, not once per request. */
export class PassPress {
  readonly #key: PassKey;
  readonly #passes = new BoundedMap<string, PressedPass>(MAX_PASSES);
  /** By grant: requests of one lease share it. */
  readonly #recent = new WeakMap<PassGrant, PressedPass>();

  constructor(key: PassKey) {
    this.#key = key;
  }

  /** The pass for another request under this very grant. */
  recall(grant: PassGrant, nowMs: number): string | undefined {
    const known = this.#recent.get(grant);
    return known !== undefined && nowMs < known.reuseUntilMs ? known.pass : undefined;
  }

  /** The `preview-pass` for requests to this target. */
  async press(target: PassTarget, grant: PassGrant, nowMs: number): Promise<string> {
    const { hostId, generation } = grant;
    const name = `${hostId} ${generation} ${target.name}`;
    let pressed = this.#passes.get(name);
    if (pressed === undefined || nowMs >= pressed.reuseUntilMs) {
      const pass = await this.#sign(target, grant, Math.floor(nowMs / 1000));
      pressed = { pass, reuseUntilMs: nowMs + PASS_REUSE_MS };
      this.#passes.set(name, pressed);
    }
    this.#recent.set(grant, pressed);
    return pressed.pass;
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
}

async function describeLink(link: UnverifiedLink): Promise<PassLink> {
  return { id: await linkId(link), keyVersion: link.claims.keyVersion };
}
