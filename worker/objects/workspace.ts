import { DurableObject } from "cloudflare:workers";
import type { RateLimit } from "../../shared/gcra.ts";
import { MAX_KEY_VERSION, MAX_LINK_LIFETIME_S } from "../../shared/link-token.ts";
import type { Quota } from "../../shared/rate-limit-fields.ts";
import type { Refusal } from "../../shared/refusal.ts";
import { refuse } from "../../shared/refusal.ts";
import type { Environment } from "../environment.ts";
import { findRateLimit } from "../policy.ts";
import { RateBuckets } from "./rate-buckets.ts";
import type { Owner, Sandbox } from "./sandbox.ts";
import type { SigningKeys } from "./signing-keys.ts";
import { FIRST_KEYS } from "./signing-keys.ts";
import { storedMark } from "./stored-mark.ts";

/** A rotated key verifies for as long as the longest link lives. */
const KEY_OVERLAP_MS = MAX_LINK_LIFETIME_S * 1000;

/** Sandboxes told of a change at the same time. */
const PUSH_CONCURRENCY = 50;

interface SandboxRow extends Record<string, SqlStorageValue> {
  readonly id: string;
}

/**
 * One workspace: its org, its signing-key versions, which sandboxes it owns, and its API tokens' buckets.
 *
 * Named by the workspace's id. It exists because KV is eventually consistent: an attach must see the
 * workspace that was created a moment ago, and a key that is cut must be cut now (docs/decisions/0002).
 */
export class Workspace extends DurableObject<Environment> {
  readonly #buckets = new RateBuckets(storedMark(this.ctx.storage), Date.now());
  #org = this.ctx.storage.kv.get<string>("org");
  #keys = this.ctx.storage.kv.get<SigningKeys>("keys") ?? FIRST_KEYS;

  /** Creates the workspace, or does nothing if it is already that org's. */
  establish(org: string): Refusal | undefined {
    if (this.#org !== undefined && this.#org !== org) {
      return refuse("conflict", { detail: "The workspace belongs to another org." });
    }
    this.ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS sandboxes (id TEXT PRIMARY KEY) WITHOUT ROWID");
    this.ctx.storage.kv.put("org", org);
    this.#org = org;
    return undefined;
  }

  readOrg(): string | undefined {
    return this.#org;
  }

  /** Enters a sandbox before its route exists, so that no route is ever without an owner that knows it. */
  enlist(id: string, sandboxId: string): Owner | Refusal {
    if (this.#org === undefined) return refuse("not_found", { detail: `There is no workspace "${id}".` });
    this.ctx.storage.sql.exec("INSERT OR IGNORE INTO sandboxes (id) VALUES (?)", sandboxId);
    return { workspace: id, org: this.#org, keys: this.#keys };
  }

  strike(sandboxId: string): void {
    if (this.#org === undefined) return;
    this.ctx.storage.sql.exec("DELETE FROM sandboxes WHERE id = ?", sandboxId);
  }

  listSandboxes(): string[] {
    if (this.#org === undefined) return [];
    const rows = this.ctx.storage.sql.exec<SandboxRow>("SELECT id FROM sandboxes ORDER BY id");
    return Array.from(rows, (row) => row.id);
  }

  /** Spends one of an API token's calls. @returns what is left of its limit, or `rate_limited` */
  async admitCall(tokenId: string): Promise<Quota | Refusal> {
    if (this.#org === undefined) return refuse("unauthorized");
    const limit = await findRateLimit(this.env.POLICY, this.#org);
    const { tokens, retryAfterMs, remaining, fullAfterMs } = this.#buckets.take(tokenId, limit, Date.now());
    if (tokens === 0) return refuse("rate_limited", { retryAfterS: Math.ceil(retryAfterMs / 1000), limit });
    return { limit, remaining, resetS: Math.ceil(fullAfterMs / 1000) };
  }

  /** Raises the key version; the old one verifies for an overlap, or not at all when it is cut. */
  async rotateKeys(cutPrevious: boolean): Promise<SigningKeys | Refusal> {
    if (this.#org === undefined) return refuse("not_found");
    const nowMs = Date.now();
    const { revision, current, previous } = this.#keys;
    const overlapping = [...previous, { version: current, validUntilMs: nowMs + KEY_OVERLAP_MS }];
    const next = (current + 1) % (MAX_KEY_VERSION + 1);
    this.#keys = {
      revision: revision + 1,
      current: next,
      previous: cutPrevious
        ? []
        : overlapping.filter(({ version, validUntilMs }) => version !== next && validUntilMs > nowMs),
    };
    this.ctx.storage.kv.put("keys", this.#keys);
    await this.#tellSandboxes((sandbox) => sandbox.useKeys(this.#keys));
    return this.#keys;
  }

  async useRateLimit(limit: RateLimit): Promise<void> {
    await this.#tellSandboxes((sandbox) => sandbox.useRateLimit(limit));
  }

  async #tellSandboxes(tell: (sandbox: DurableObjectStub<Sandbox>) => Promise<unknown>): Promise<void> {
    const ids = this.listSandboxes();
    for (let start = 0; start < ids.length; start += PUSH_CONCURRENCY) {
      const batch = ids.slice(start, start + PUSH_CONCURRENCY);
      await Promise.all(batch.map((id) => tell(this.env.SANDBOX.getByName(id))));
    }
  }
}
