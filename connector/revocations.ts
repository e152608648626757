import type { Revocation } from "../shared/protocol/host-calls.ts";
import type { SandboxPass } from "../shared/protocol/pass.ts";
import { PASS_MAX_ACCEPTANCE_MS } from "../shared/protocol/pass.ts";

/**
 * The links that the edge has revoked lately, and the sandboxes that it has suspended lately.
 *
 * To cut what is open is not enough: a request that the edge admitted a moment before may arrive a moment after, and
 * would stay open for as long as its link had been valid.
 */
export class Revocations {
  readonly #links = new Map<string, number>();
  readonly #keys = new Map<string, { readonly versions: readonly number[]; readonly untilMs: number }>();
  readonly #suspended = new Map<string, number>();

  add({ sandboxId, links, keyVersions, all }: Revocation, nowMs: number): void {
    this.#deleteOld(nowMs);
    for (const id of links) this.#links.set(id, nowMs + PASS_MAX_ACCEPTANCE_MS);
    if (keyVersions !== undefined)
      this.#keys.set(sandboxId, { versions: keyVersions, untilMs: nowMs + PASS_MAX_ACCEPTANCE_MS });
    if (all === true) this.#suspended.set(sandboxId, nowMs + PASS_MAX_ACCEPTANCE_MS);
    if (all === false) this.#suspended.delete(sandboxId);
  }

  /** Whether every request or connection of the sandbox must end. From then on the edge itself admits none. */
  isSuspended(sandboxId: string, nowMs: number): boolean {
    return nowMs < (this.#suspended.get(sandboxId) ?? 0);
  }

  /** Whether a request or connection under this link must end. */
  covers({ sandboxId, link }: Pick<SandboxPass, "sandboxId" | "link">): boolean {
    if (link === undefined) return false;
    if (this.#links.has(link.id)) return true;
    const keys = this.#keys.get(sandboxId);
    return keys !== undefined && !keys.versions.includes(link.keyVersion);
  }

  #deleteOld(nowMs: number): void {
    for (const [id, untilMs] of this.#links) if (nowMs >= untilMs) this.#links.delete(id);
    for (const [id, { untilMs }] of this.#keys) if (nowMs >= untilMs) this.#keys.delete(id);
    for (const [id, untilMs] of this.#suspended) if (nowMs >= untilMs) this.#suspended.delete(id);
  }
}
