import { DurableObject } from "cloudflare:workers";
import type { RateLimit } from "../../shared/gcra.ts";
import { MAX_LINK_LIFETIME_S } from "../../shared/link-token.ts";
import type { Quota } from "../../shared/rate-limit-fields.ts";
import type { Refusal } from "../../shared/refusal.ts";
import { refuse } from "../../shared/refusal.ts";
import type { Environment } from "../environment.ts";
import type { KnownLimit, LimitNews } from "./org-limit.ts";
import { KV_STALE_MS, OrgLimit } from "./org-limit.ts";
import { RateBuckets } from "./rate-buckets.ts";
import type { Owner } from "./sandbox.ts";
import type { SigningKeys } from "./signing-keys.ts";
import { FIRST_KEYS, rotate } from "./signing-keys.ts";
import { storedMark } from "./stored-mark.ts";
import { Untold } from "./untold.ts";

/** A rotated key verifies for as long as the longest link lives. */
const KEY_OVERLAP_MS = MAX_LINK_LIFETIME_S * 1000;

/** Until a sandbox is told again that could not be told. */
const TELL_AGAIN_MS = 1_000;

/** What an attach takes from the workspace to the sandbox. */
export interface Enlistment {
  readonly owner: Owner;
  readonly limit?: KnownLimit;
}

interface MemberRow extends Record<string, SqlStorageValue> {
  readonly sandbox_id: string;
}

/**
 * One workspace: its org, its signing-key versions, which sandboxes it owns, and its API tokens' buckets.
 *
 * Named by the workspace's id. It exists because KV is eventually consistent: an attach must see the
 * workspace that was created a moment ago, and a key that is cut must be cut now (docs/decisions/0002).
 */
export class Workspace extends DurableObject<Environment> {
  readonly #buckets = new RateBuckets(storedMark(this.ctx.storage), Date.now());
  readonly #limit = new OrgLimit(this.env.POLICY, this.ctx.storage);
  #org = this.ctx.storage.kv.get<string>("org");
  readonly #untold = new Untold(this.ctx.storage.sql);
  /** Known once a sandbox was enlisted; without one there is nobody to tell. */
  #id = this.ctx.storage.kv.get<string>("id") ?? "";
  #newsCount = this.ctx.storage.kv.get<number>("newsCount") ?? 0;
  #keys = this.ctx.storage.kv.get<SigningKeys>("keys") ?? FIRST_KEYS;

  constructor(context: DurableObjectState, environment: Environment) {
    super(context, environment);
    if (this.#org !== undefined) this.#prepare();
  }

  /** Creates the workspace, or does nothing if it is already that org's. */
  establish(org: string): Refusal | undefined {
    if (this.#org !== undefined && this.#org !== org) {
      return refuse("conflict", { detail: "The workspace belongs to another org." });
    }
    this.#prepare();
    this.ctx.storage.kv.put("org", org);
    this.#org = org;
    return undefined;
  }

  readOrg(): string | undefined {
    return this.#org;
  }

  /** Enters a sandbox before its route exists, so that no route is ever without an owner that knows it. */
  async enlist(id: string, sandboxId: string, generation: string): Promise<Enlistment | Refusal> {
    if (this.#org === undefined) return refuse("not_found", { detail: `There is no workspace "${id}".` });
    this.ctx.storage.sql.exec(
      `INSERT INTO members (sandbox_id, generation) VALUES (?, ?)
       ON CONFLICT (sandbox_id) DO UPDATE SET generation = excluded.generation
       WHERE substr(excluded.generation, 1, 13) >= substr(members.generation, 1, 13)`,
      sandboxId,
      generation,
    );
    this.#setId(id);
    await this.#readLimit(this.#org);
    const limit = this.#limit.share();
    return { owner: { workspace: id, org: this.#org, keys: this.#keys }, ...(limit && { limit }) };
  }

  /** Does nothing where a newer generation was enlisted meanwhile. */
  strike(sandboxId: string, generation: string): void {
    if (this.#org === undefined) return;
    const query = "DELETE FROM members WHERE sandbox_id = ? AND generation = ?";
    this.ctx.storage.sql.exec(query, sandboxId, generation);
  }

  /** @param after an id, or "" for the first page */
  listSandboxes(after: string, limit: number): string[] {
    if (this.#org === undefined) return [];
    const query = "SELECT sandbox_id FROM members WHERE sandbox_id > ? ORDER BY sandbox_id LIMIT ?";
    return Array.from(this.ctx.storage.sql.exec<MemberRow>(query, after, limit), (row) => row.sandbox_id);
  }

  /** Refuses an API token from now on, which KV may still answer for a minute. */
  withdrawToken(tokenId: string): void {
    if (this.#org !== undefined) this.ctx.storage.kv.put(withdrawnKey(tokenId), true);
  }

  /** Spends one of an API token's calls. @returns what is left of its limit, or `rate_limited` */
  async admitCall(tokenId: string): Promise<Quota | Refusal> {
    if (this.#org === undefined || this.ctx.storage.kv.get(withdrawnKey(tokenId)))
      return refuse("unauthorized");
    const limit = await this.#readLimit(this.#org);
    const { tokens, retryAfterMs, remaining, fullAfterMs } = this.#buckets.take(tokenId, limit, Date.now());
    if (tokens === 0) return refuse("rate_limited", { retryAfterS: Math.ceil(retryAfterMs / 1000), limit });
    return { limit, remaining, resetS: Math.ceil(fullAfterMs / 1000) };
  }

  /** Raises the key version; the old one verifies for an overlap, or not at all when it is cut. */
  async rotateKeys(cutPrevious: boolean): Promise<SigningKeys | Refusal> {
    if (this.#org === undefined) return refuse("not_found");
    this.#keys = rotate(this.#keys, cutPrevious ? 0 : KEY_OVERLAP_MS, Date.now());
    this.ctx.storage.kv.put("keys", this.#keys);
    await this.#tellSandboxes();
    return this.#keys;
  }

  async useRateLimit(limit: RateLimit): Promise<void> {
    if (this.#org === undefined) return;
    const nowMs = Date.now();
    const news: LimitNews = { limit, changedAtMs: nowMs };
    this.#limit.hear(news, nowMs);
    this.ctx.storage.kv.put("limitNews", news);
    await this.#tellSandboxes();
  }

  override async alarm(): Promise<void> {
    await this.#tellOn();
  }

  async #readLimit(org: string): Promise<RateLimit> {
    const nowMs = Date.now();
    const known = this.#limit.recall();
    return known !== undefined && !this.#limit.isStale(nowMs) ? known : this.#limit.read(org, nowMs);
  }

  /** Only once it has an org: an object that somebody merely asks for must not come to exist. */
  #prepare(): void {
    this.ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS members (sandbox_id TEXT PRIMARY KEY, generation TEXT NOT NULL) WITHOUT ROWID",
    );
    this.#untold.prepare();
  }

  #setId(id: string): void {
    if (this.#id === id) return;
    this.#id = id;
    this.ctx.storage.kv.put("id", id);
  }

  /** Tells every sandbox what holds now, as many as one call may before it returns, the others right after. */
  async #tellSandboxes(): Promise<void> {
    this.#newsCount += 1;
    this.ctx.storage.kv.put("newsCount", this.#newsCount);
    this.#untold.enterAll("members", this.#newsCount);
    await this.#tellOn();
  }

  async #tellOn(): Promise<void> {
    const telling = await this.#untold.tell((id) => this.#tell(id));
    if (telling === "done") return;
    await this.ctx.storage.setAlarm(Date.now() + (telling === "failed" ? TELL_AGAIN_MS : 0));
  }

  async #tell(sandboxId: string): Promise<void> {
    const limit = this.ctx.storage.kv.get<LimitNews>("limitNews");
    const recent = limit !== undefined && Date.now() < limit.changedAtMs + KV_STALE_MS;
    const news = { workspace: this.#id, keys: this.#keys, ...(recent && { limit }) };
    await this.env.SANDBOX.getByName(sandboxId).hearOfWorkspace(news);
  }
}

function withdrawnKey(tokenId: string): string {
  return `withdrawn:${tokenId}`;
}
