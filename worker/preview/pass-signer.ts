import { BoundedMap } from "../../shared/bounded-map.ts";
import { linkId } from "../../shared/link/link-id.ts";
import type { UnverifiedLink } from "../../shared/link/link-token.ts";
import type { Pass, PassLink } from "../../shared/protocol/pass.ts";
import { signPass } from "../../shared/protocol/pass.ts";
import type { Admission } from "../objects/messages.ts";
import type { PassKey } from "../settings.ts";

/** A pass is signed again after this time, well before it expires. */
const PASS_REUSE_MS = 30_000;
const MAX_PASSES = 10_000;

interface SignedPass {
  readonly jwt: string;
  readonly reuseUntilMs: number;
}

/** What a pass takes over from a grant. */
export type PassGrant = Pick<Admission, "hostId" | "generation" | "expiresAtMs" | "embed" | "terms">;

/** One port of a sandbox, under one hostname. */
export interface PassTarget {
  /** Unique for sandbox, port and link. */
  readonly name: string;
  readonly sandboxId: string;
  readonly port: number;
  /** The link that leads there. */
  readonly link?: UnverifiedLink;
}

/** Signs passes: once for each preview hostname, host and generation in 30 s, not once for each request. */
export class PassSigner {
  readonly #key: PassKey;
  readonly #passes = new BoundedMap<string, SignedPass>(MAX_PASSES);
  /** By grant: requests of one lease share it. */
  readonly #byGrant = new WeakMap<PassGrant, SignedPass>();

  constructor(key: PassKey) {
    this.#key = key;
  }

  /** The pass for another request under this very grant. */
  recall(grant: PassGrant, nowMs: number): string | undefined {
    const known = this.#byGrant.get(grant);
    return known !== undefined && nowMs < known.reuseUntilMs ? known.jwt : undefined;
  }

  /** The `preview-pass` for requests to this target. */
  async sign(target: PassTarget, grant: PassGrant, nowMs: number): Promise<string> {
    const { hostId, generation, terms } = grant;
    const suffix = terms === undefined ? "" : ` ${JSON.stringify(terms)}`;
    const name = `${hostId} ${generation} ${target.name}${suffix}`;
    const signed = await this.#reuseOrSign(name, hostId, () => createPass(target, grant), nowMs);
    this.#byGrant.set(grant, signed);
    return signed.jwt;
  }

  /** The `preview-pass` for calls to a host itself. */
  async signForHost(hostId: string, nowMs: number): Promise<string> {
    const signed = await this.#reuseOrSign(hostId, hostId, async () => ({ kind: "host" }), nowMs);
    return signed.jwt;
  }

  async #reuseOrSign(
    name: string,
    hostId: string,
    create: () => Promise<Pass>,
    nowMs: number,
  ): Promise<SignedPass> {
    const known = this.#passes.get(name);
    if (known !== undefined && nowMs < known.reuseUntilMs) return known;
    const { kid: keyId, privateKey } = this.#key;
    const jwt = await signPass(await create(), { hostId, keyId, privateKey }, nowMs);
    const signed = { jwt, reuseUntilMs: nowMs + PASS_REUSE_MS };
    this.#passes.set(name, signed);
    return signed;
  }
}

async function createPass(
  { sandboxId, port, link }: PassTarget,
  { generation, expiresAtMs, embed, terms }: PassGrant,
): Promise<Pass> {
  return {
    kind: "sandbox",
    sandboxId,
    port,
    generation,
    expiresAtMs,
    link: link && (await describeLink(link)),
    ...(embed !== undefined && { embed }),
    ...(terms !== undefined && { terms }),
  };
}

async function describeLink(link: UnverifiedLink): Promise<PassLink> {
  return { id: await linkId(link), keyVersion: link.claims.keyVersion };
}
