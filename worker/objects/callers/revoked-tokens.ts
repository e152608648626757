const PREFIX = "revoked:";

/** For so long at most KV may still return an API token that was deleted; a wide margin above its minute. */
const FORGET_AFTER_MS = 24 * 3_600_000;

/**
 * The API tokens that were revoked a short while ago. Their records are deleted from KV, which may return them for a
 * minute more.
 */
export class RevokedTokens {
  readonly #kv: SyncKvStorage;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
  }

  has(tokenId: string): boolean {
    return this.#kv.get(PREFIX + tokenId) !== undefined;
  }

  /** Forgets old ones, too: the ids come from callers, who could have any number of them kept. */
  add(tokenId: string, nowMs: number): void {
    for (const [key, revokedAtMs] of [...this.#kv.list<number>({ prefix: PREFIX })])
      if (nowMs - revokedAtMs > FORGET_AFTER_MS) this.#kv.delete(key);
    this.#kv.put(PREFIX + tokenId, nowMs);
  }
}
