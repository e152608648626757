import { DurableObject } from "cloudflare:workers";
import type { Environment } from "../environment.ts";
import type { Telling } from "./untold.ts";
import { Untold } from "./untold.ts";

export interface HostRecord {
  readonly id: string;
  /** Base URL of its connector, without a trailing slash. */
  readonly origin: string;
  /** Ed25519 public key with which the host signs its calls. */
  readonly publicKey: Readonly<Record<string, string>>;
  /** It can start and end sandboxes. */
  readonly launches: boolean;
  /** Unix milliseconds. */
  readonly enrolledAt: number;
}

export interface HostGuest {
  readonly sandboxId: string;
  readonly workspace: string;
  readonly generation: string;
}

interface GuestRow extends Record<string, SqlStorageValue> {
  readonly sandbox_id: string;
  readonly workspace: string;
  readonly generation: string;
}

/** With so much silence a host is suspected … */
export const HOST_SUSPECTED_MS = 40_000;
/** … and after this much more, in which a heartbeat is due, it is down: at 60 s in all. */
export const HOST_DOWN_AFTER_MS = 20_000;

type Health = "heard" | "suspected" | "down";

/** Routes that one heartbeat takes down; the next goes on. */
export const MAX_GONE_PER_HEARTBEAT = 200;

/** More than a host may announce. */
const MAX_GUESTS = 100_000;

/** Until a guest is told again that could not be told. */
const TELL_AGAIN_MS = 5_000;

/**
 * One host: its record, the sandboxes that it announced, and whether it is still heard.
 *
 * Each heartbeat puts the alarm off. When it rings the host has been silent, or nobody could hear it: an edge that was
 * away itself finds every alarm due. So the first ring only suspects; at the second the host's sandboxes are told, and
 * their visitors are answered without a fetch that nobody would answer. They are told again when the host is back.
 *
 * Named by the host's id. Storage: `record`, `retired`, `health`, `newsCount`; guests, and those that have yet to be
 * told, in tables. The public key lives here and not in KV: a host calls the moment it is enrolled,
 * when KV may still answer that there is no such key.
 */
export class Host extends DurableObject<Environment> {
  #record = this.ctx.storage.kv.get<HostRecord>("record");
  readonly #untold = new Untold(this.ctx.storage.sql);
  #newsCount = this.ctx.storage.kv.get<number>("newsCount") ?? 0;
  #retired = this.ctx.storage.kv.get<boolean>("retired") ?? false;
  #health = this.ctx.storage.kv.get<Health>("health") ?? "heard";

  constructor(context: DurableObjectState, environment: Environment) {
    super(context, environment);
    if (this.#record !== undefined) this.#prepare();
  }

  /** Enters or replaces the record; guests of a host that has moved hear where to. */
  async enrol(record: HostRecord): Promise<void> {
    this.#prepare();
    const moved = this.#record !== undefined && this.#record.origin !== record.origin;
    this.#record = record;
    this.ctx.storage.kv.put("record", record);
    this.#setRetired(false);
    if (moved) this.#enterNews();
    await this.ctx.storage.setAlarm(Date.now() + HOST_SUSPECTED_MS);
    if (moved) await this.#tellGuests();
  }

  /** From now on its calls are refused and nothing is entered: what is left can be taken down. */
  retire(): void {
    if (this.#record !== undefined) this.#setRetired(true);
  }

  read(): HostRecord | undefined {
    return this.#retired ? undefined : this.#record;
  }

  /** The host, if it is one that answers. */
  readHeard(): HostRecord | undefined {
    return this.#health === "down" ? undefined : this.read();
  }

  /** A latecomer does not displace a newer generation: its first 13 characters are when it started. */
  enter(guest: HostGuest): void {
    if (this.read() === undefined) return;
    this.ctx.storage.sql.exec(
      `INSERT INTO guests (sandbox_id, workspace, generation) VALUES (?, ?, ?)
       ON CONFLICT (sandbox_id) DO UPDATE SET workspace = excluded.workspace, generation = excluded.generation
       WHERE substr(excluded.generation, 1, 13) >= substr(guests.generation, 1, 13)`,
      guest.sandboxId,
      guest.workspace,
      guest.generation,
    );
  }

  /** The guest, if that generation was announced. */
  find(sandboxId: string, generation: string): HostGuest | undefined {
    if (this.#record === undefined) return undefined;
    const query = "SELECT * FROM guests WHERE sandbox_id = ? AND generation = ?";
    const [row] = this.ctx.storage.sql.exec<GuestRow>(query, sandboxId, generation);
    return row === undefined ? undefined : toGuest(row);
  }

  strike(sandboxId: string, generation: string): void {
    if (this.#record === undefined) return;
    const query = "DELETE FROM guests WHERE sandbox_id = ? AND generation = ?";
    this.ctx.storage.sql.exec(query, sandboxId, generation);
  }

  /**
   * Compares what the host says it has with what it announced.
   *
   * @param takenAtMs the host's clock when it took the list; a guest that started later is not missing from it
   * @returns guests that it no longer has, some at a time, whose routes are the caller's to take down before it strikes
   * them, and the ids it has to announce again
   */
  async reconcile(
    guests: readonly { readonly sandboxId: string; readonly generation: string }[],
    takenAtMs: number,
  ): Promise<{ gone: HostGuest[]; missing: string[] }> {
    await this.ctx.storage.setAlarm(Date.now() + HOST_SUSPECTED_MS);
    if (this.read() === undefined) return { gone: [], missing: [] };
    this.#setHealth("heard");
    if (!this.#untold.isEmpty()) this.ctx.waitUntil(this.#tellGuests());
    const announced = new Map(this.listGuests().map((guest) => [guest.sandboxId, guest]));
    const missing: string[] = [];
    for (const { sandboxId, generation } of guests) {
      if (announced.get(sandboxId)?.generation !== generation) missing.push(sandboxId);
      announced.delete(sandboxId);
    }
    const gone = [...announced.values()].filter(
      ({ generation }) => Number.parseInt(generation, 10) < takenAtMs,
    );
    return { gone: gone.slice(0, MAX_GONE_PER_HEARTBEAT), missing };
  }

  listGuests(limit = MAX_GUESTS): HostGuest[] {
    if (this.#record === undefined) return [];
    return Array.from(this.ctx.storage.sql.exec<GuestRow>("SELECT * FROM guests LIMIT ?", limit), toGuest);
  }

  /** Forgets the host. Its guests' routes are the caller's to take down first. */
  async remove(): Promise<void> {
    this.#record = undefined;
    this.#health = "heard";
    this.#retired = false;
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  /** Only for a host that is enrolled: an object that somebody merely asks for must not come to exist. */
  #prepare(): void {
    const { sql } = this.ctx.storage;
    sql.exec(
      `CREATE TABLE IF NOT EXISTS guests (
         sandbox_id TEXT PRIMARY KEY, workspace TEXT NOT NULL, generation TEXT NOT NULL
       ) WITHOUT ROWID`,
    );
    this.#untold.prepare();
  }

  /** No heartbeat has come in time, or guests are left that have yet to hear so. */
  override async alarm(): Promise<void> {
    if (this.#record === undefined) return;
    if (this.#health === "heard") {
      this.#setHealth("suspected");
      await this.ctx.storage.setAlarm(Date.now() + HOST_DOWN_AFTER_MS);
      return;
    }
    if (this.#health === "suspected") console.error({ event: "host_silent", host: this.#record.id });
    this.#setHealth("down");
    const telling = await this.#tellGuests();
    if (telling !== "done" && this.#health === "down")
      await this.ctx.storage.setAlarm(Date.now() + TELL_AGAIN_MS);
  }

  /** Tells whoever has yet to hear it how and where the host is. */
  async #tellGuests(): Promise<Telling> {
    return this.#untold.tell(async (sandboxId) => {
      if (this.#record === undefined) return;
      const { id: hostId, origin } = this.#record;
      const news = { hostId, origin, revision: this.#newsCount, down: this.#health === "down" };
      await this.env.SANDBOX.getByName(sandboxId).hearOfHost(news);
    });
  }

  #setHealth(health: Health): void {
    if (this.#health === health) return;
    const isNews = this.#health === "down" || health === "down";
    this.#health = health;
    this.ctx.storage.kv.put("health", health);
    if (isNews) this.#enterNews();
  }

  #setRetired(retired: boolean): void {
    if (this.#retired === retired) return;
    this.#retired = retired;
    this.ctx.storage.kv.put("retired", retired);
  }

  #enterNews(): void {
    this.#newsCount += 1;
    this.ctx.storage.kv.put("newsCount", this.#newsCount);
    this.#untold.enterAll("guests", this.#newsCount);
  }
}

function toGuest(row: GuestRow): HostGuest {
  return { sandboxId: row.sandbox_id, workspace: row.workspace, generation: row.generation };
}
