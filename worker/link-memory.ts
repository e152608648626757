import type { UnverifiedLink } from "../shared/link-token.ts";
import { decodeLinkToken } from "../shared/link-token.ts";
import type { Refusal } from "../shared/refusal.ts";
import { isRefusal } from "../shared/refusal.ts";

/** Links remembered per isolate; the one decoded longest ago goes first. */
const MAX_LINKS = 10_000;

/** Decodes tokens, and remembers what they said: a page of a link's app comes with the same token a hundred times. */
export class LinkMemory {
  readonly #maskKey: CryptoKey;
  readonly #links = new Map<string, UnverifiedLink>();

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
    if (!isRefusal(link)) this.#remember(token, link);
    return link;
  }

  #remember(token: string, link: UnverifiedLink): void {
    this.#links.set(token, link);
    if (this.#links.size <= MAX_LINKS) return;
    for (const oldest of this.#links.keys()) {
      this.#links.delete(oldest);
      return;
    }
  }
}
