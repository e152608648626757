import { BoundedMap } from "../../shared/bounded-map.ts";

/** Tokens remembered in an isolate; the one used longest ago is forgotten first. */
const MAX_TOKENS = 10_000;

/**
 * The digests of API tokens that were valid in this isolate. They open nothing: a client with one of them is only not
 * held to the misses of its address, which it may share with others.
 */
export class KnownTokens {
  readonly #tokens = new BoundedMap<string, true>(MAX_TOKENS);

  has(sha256: string): boolean {
    return this.#tokens.get(sha256) !== undefined;
  }

  add(sha256: string): void {
    this.#tokens.set(sha256, true);
  }

  delete(sha256: string): void {
    this.#tokens.delete(sha256);
  }
}
