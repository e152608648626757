import { BoundedMap } from "../../shared/bounded-map.ts";
import type { UnverifiedLink } from "../../shared/link/link-token.ts";
import { decodeLinkToken } from "../../shared/link/link-token.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { isRefusal } from "../../shared/refusal/refusal.ts";

/** Links remembered per isolate; the one decoded longest ago goes first. */
const MAX_LINKS = 10_000;

/** Decodes tokens, and remembers what they said: a page of a link's app comes with the same token a hundred times. */
export class LinkCache {
  readonly #maskKey: CryptoKey;
  readonly #links = new BoundedMap<string, UnverifiedLink>(MAX_LINKS);

  constructor(maskKey: CryptoKey) {
    this.#maskKey = maskKey;
  }

  /** A token that was decoded before. */
  recall(token: string): UnverifiedLink | undefined {
    return this.#links.get(token);
  }

  /** @returns the claims, which nobody has verified, or `link_malformed` */
  async decode(token: string): Promise<UnverifiedLink | Refusal> {
    const link = await decodeLinkToken(token, this.#maskKey);
    if (!isRefusal(link)) this.#links.set(token, link);
    return link;
  }
}
