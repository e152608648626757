import { DurableObject } from "cloudflare:workers";
import type { Generation } from "../../shared/generation.ts";
import { generationStartMs, startedBefore } from "../../shared/generation.ts";
import type { GuestStart } from "../../shared/protocol/host-api.ts";
import { MAX_GUESTS_PER_HOST } from "../../shared/protocol/host-api.ts";
import type { Environment } from "../environment.ts";
import type { HostGuest, HostObject, HostRecord, HostState } from "./messages.ts";
import type { Delivery } from "./pending-notifications.ts";
import { PendingNotifications } from "./pending-notifications.ts";

interface GuestRow extends Record<string, SqlStorageValue> {
  readonly sandbox_id: string;
  readonly workspace: string;
  readonly generation: string;
}

/** After so long without a heartbeat a host is suspected … */
export const HOST_SUSPECTED_MS = 40_000;
/** … and after this much more, in which a heartbeat is due, it is down: at 60 s in all. */
export const HOST_DOWN_AFTER_MS = 20_000;

type Health = "heard" | "suspected" | "down";

/** Routes that one heartbeat takes down; the next one continues. */
export const MAX_GONE_PER_HEARTBEAT = 200;

/** Until a sandbox is notified again that could not be notified. */
const NOTIFY_AGAIN_MS = 5_000;

/**
 * One host: its record, the sandboxes that it announced, and whether it sends heartbeats.
 *
 * Each heartbeat puts the alarm off. When the alarm fires, either the host has been silent, or the edge itself was not
 * there: after an outage of the edge every alarm is due at once. So the first alarm makes the host suspected only. The
 * second one makes it down: its sandboxes are notified, and refuse their visitors without a fetch. They are notified
 * again when the host is back.
 *
 * Storage: `record`, `retired`, `health`, `revision`; guests and pending notifications in tables. The public key is
 * here and not in KV: a host calls the moment it is enrolled, when KV may still return that there is no such key.
 */
export class Host extends DurableObject<Environment> implements HostObject {
  #record = this.ctx.storage.kv.get<HostRecord>("record");
  readonly #pending = new PendingNotifications(this.ctx.storage.sql);
  #revision = this.ctx.storage.kv.get<number>("revision") ?? 0;
  #retired = this.ctx.storage.kv.get<boolean>("retired") ?? false;
  #health = this.ctx.storage.kv.get<Health>("health") ?? "heard";

  constructor(context: DurableObjectState, environment: Environment) {
    super(context, environment);
    if (this.#record !== undefined) this.#prepare();
  }

  async enrol(record: HostRecord): Promise<void> {
    this.#prepare();
    const moved = this.#record !== undefined && this.#record.origin !== record.origin;
    this.#record = record;
    this.ctx.storage.kv.put("record", record);
    this.#setRetired(false);
    if (moved) this.#addNotifications();
    await this.ctx.storage.setAlarm(Date.now() + HOST_SUSPECTED_MS);
    if (moved) await this.#notifySandboxes();
  }

  retire(): void {
    if (this.#record !== undefined) this.#setRetired(true);
  }

  read(): HostRecord | undefined {
    return this.#retired ? undefined : this.#record;
  }

  readReachable(): HostRecord | undefined {
    return this.#health === "down" ? undefined : this.read();
  }

  addGuest(guest: HostGuest): void {
    if (this.read() === undefined) return;
    const known = this.#findRow(guest.sandboxId);
    if (known !== undefined && startedBefore(guest.generation, known.generation)) return;
    this.ctx.storage.sql.exec(
      `INSERT INTO guests (sandbox_id, workspace, generation) VALUES (?, ?, ?)
       ON CONFLICT (sandbox_id) DO UPDATE SET workspace = excluded.workspace, generation = excluded.generation`,
      guest.sandboxId,
      guest.workspace,
      guest.generation,
    );
  }

  findGuest(sandboxId: string, generation: Generation): HostGuest | undefined {
    const guest = this.#record === undefined ? undefined : this.#findRow(sandboxId);
    return guest?.generation === generation ? guest : undefined;
  }

  removeGuest(sandboxId: string, generation: Generation): void {
    if (this.#record === undefined) return;
    const query = "DELETE FROM guests WHERE sandbox_id = ? AND generation = ?";
    this.ctx.storage.sql.exec(query, sandboxId, generation);
  }

  async reconcile(
    guests: readonly GuestStart[],
    takenAtMs: number,
  ): Promise<{ gone: HostGuest[]; missing: string[] }> {
    await this.ctx.storage.setAlarm(Date.now() + HOST_SUSPECTED_MS);
    if (this.read() === undefined) return { gone: [], missing: [] };
    this.#setHealth("heard");
    if (!this.#pending.isEmpty()) this.ctx.waitUntil(this.#notifySandboxes());
    const announced = new Map(this.listGuests().map((guest) => [guest.sandboxId, guest]));
    const missing: string[] = [];
    for (const { sandboxId, generation } of guests) {
      if (announced.get(sandboxId)?.generation !== generation) missing.push(sandboxId);
      announced.delete(sandboxId);
    }
    const gone = [...announced.values()].filter(
      ({ generation }) => generationStartMs(generation) < takenAtMs,
    );
    return { gone: gone.slice(0, MAX_GONE_PER_HEARTBEAT), missing };
  }

  listGuests(limit = MAX_GUESTS_PER_HOST): HostGuest[] {
    if (this.#record === undefined) return [];
    return Array.from(this.ctx.storage.sql.exec<GuestRow>("SELECT * FROM guests LIMIT ?", limit), toGuest);
  }

  async remove(): Promise<void> {
    this.#record = undefined;
    this.#health = "heard";
    this.#retired = false;
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  /** No heartbeat has come in time, or sandboxes are left that have yet to be notified. */
  override async alarm(): Promise<void> {
    if (this.#record === undefined) return;
    if (this.#health === "heard") {
      this.#setHealth("suspected");
      await this.ctx.storage.setAlarm(Date.now() + HOST_DOWN_AFTER_MS);
      return;
    }
    if (this.#health === "suspected") console.error({ event: "host_silent", host: this.#record.id });
    this.#setHealth("down");
    const delivery = await this.#notifySandboxes();
    if (delivery !== "done" && this.#health === "down")
      await this.ctx.storage.setAlarm(Date.now() + NOTIFY_AGAIN_MS);
  }

  /** Only for a host that is enrolled: an object that is merely asked must not write. */
  #prepare(): void {
    this.ctx.storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS guests (
         sandbox_id TEXT PRIMARY KEY, workspace TEXT NOT NULL, generation TEXT NOT NULL
       ) WITHOUT ROWID`,
    );
    this.#pending.prepare();
  }

  #findRow(sandboxId: string): HostGuest | undefined {
    const query = "SELECT * FROM guests WHERE sandbox_id = ?";
    const [row] = this.ctx.storage.sql.exec<GuestRow>(query, sandboxId);
    return row === undefined ? undefined : toGuest(row);
  }

  /** Sends pending sandboxes the host's health and address. */
  async #notifySandboxes(): Promise<Delivery> {
    return this.#pending.deliver(async (sandboxId) => {
      if (this.#record === undefined) return;
      const { id: hostId, origin } = this.#record;
      const state: HostState = { hostId, origin, revision: this.#revision, down: this.#health === "down" };
      await this.env.SANDBOX.getByName(sandboxId).applyHostState(state);
    });
  }

  #setHealth(health: Health): void {
    if (this.#health === health) return;
    const concernsSandboxes = this.#health === "down" || health === "down";
    this.#health = health;
    this.ctx.storage.kv.put("health", health);
    if (concernsSandboxes) this.#addNotifications();
  }

  #setRetired(retired: boolean): void {
    if (this.#retired === retired) return;
    this.#retired = retired;
    this.ctx.storage.kv.put("retired", retired);
  }

  #addNotifications(): void {
    this.#revision += 1;
    this.ctx.storage.kv.put("revision", this.#revision);
    this.#pending.addAll("guests", this.#revision);
  }
}

function toGuest(row: GuestRow): HostGuest {
  const generation = row.generation as Generation;
  return { sandboxId: row.sandbox_id, workspace: row.workspace, generation };
}
