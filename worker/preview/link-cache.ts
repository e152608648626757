import { BoundedMap } from "../../shared/bounded-map.ts";
import type { UnverifiedLink } from "../../shared/link/link-token.ts";
import { decodeLinkToken } from "../../shared/link/link-token.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { isRefusal } from "../../shared/refusal/refusal.ts";

/** Links remembered in an isolate; the one decoded longest ago is forgotten first. */
const MAX_LINKS = 10_000;

/** Decodes link tokens, and remembers the result: one page can make a hundred requests with the same token. */
export class LinkCache {
  readonly #maskKey: CryptoKey;
  readonly #links = new BoundedMap<string, UnverifiedLink>(MAX_LINKS);

  constructor(maskKey: CryptoKey) {
    this.#maskKey = maskKey;
  }

  /** A link whose token was decoded before. */
  recall(token: string): UnverifiedLink | undefined {
    return this.#links.get(token);
  }

  /** @returns the claims, not verified, or `link_malformed` */
  async decode(token: string): Promise<UnverifiedLink | Refusal> {
    const link = await decodeLinkToken(token, this.#maskKey);
    if (!isRefusal(link)) this.#links.set(token, link);
    return link;
  }
}
