import type { PassClaims } from "../shared/pass.ts";
import { CLOCK_TOLERANCE_S, PASS_MAX_LIFETIME_S } from "../shared/pass.ts";

/** What the edge withdraws of one sandbox's links. */
export interface Revocation {
  readonly sandboxId: string;
  /** Ids of single links. */
  readonly links: readonly string[];
  /** The key versions that still hold, where some do not any more. */
  readonly keyVersions?: readonly number[];
}

/** No pass that was signed before a revocation is accepted for longer. */
const MEMORY_MS = (PASS_MAX_LIFETIME_S + CLOCK_TOLERANCE_S) * 1000;

/**
 * The links that the edge has withdrawn lately.
 *
 * Cutting what is open is not enough: a request that the edge let pass a moment before may arrive a moment after, and
 * would stay open for as long as its link had been valid.
 */
export class Revocations {
  readonly #links = new Map<string, number>();
  readonly #keys = new Map<string, { readonly versions: readonly number[]; readonly untilMs: number }>();

  add({ sandboxId, links, keyVersions }: Revocation, nowMs: number): void {
    this.#forgetOld(nowMs);
    for (const id of links) this.#links.set(id, nowMs + MEMORY_MS);
    if (keyVersions !== undefined)
      this.#keys.set(sandboxId, { versions: keyVersions, untilMs: nowMs + MEMORY_MS });
  }

  /** Whether a request or connection under these claims must not go on. */
  cover({ sandboxId, link }: Pick<PassClaims, "sandboxId" | "link">): boolean {
    if (link === undefined) return false;
    if (this.#links.has(link.id)) return true;
    const keys = this.#keys.get(sandboxId);
    return keys !== undefined && !keys.versions.includes(link.keyVersion);
  }

  #forgetOld(nowMs: number): void {
    for (const [id, untilMs] of this.#links) if (nowMs >= untilMs) this.#links.delete(id);
    for (const [id, { untilMs }] of this.#keys) if (nowMs >= untilMs) this.#keys.delete(id);
  }
}
