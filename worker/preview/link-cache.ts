import { BoundedMap } from "../../shared/bounded-map.ts";
import type { LinkMask, UnverifiedLink } from "../../shared/link/link-token.ts";
import { decodeLinkToken } from "../../shared/link/link-token.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { isRefusal } from "../../shared/refusal/refusal.ts";

/** Links remembered in an isolate; the one decoded longest ago is forgotten first. */
const MAX_LINKS = 10_000;

/** Decodes link tokens, and remembers the result: one page can make a hundred requests with the same token. */
export class LinkCache {
  readonly #masks: readonly LinkMask[];
  readonly #links = new BoundedMap<string, UnverifiedLink>(MAX_LINKS);

  constructor(masks: readonly LinkMask[]) {
    this.#masks = masks;
  }

  /** A link whose token was decoded before. */
  recall(token: string): UnverifiedLink | undefined {
    return this.#links.get(token);
  }

  /** @returns the claims, not verified, or `link_invalid` */
  async decode(token: string): Promise<UnverifiedLink | Refusal> {
    const link = await decodeLinkToken(token, this.#masks);
    if (!isRefusal(link)) this.#links.set(token, link);
    return link;
  }
}
