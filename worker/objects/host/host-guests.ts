import type { Generation } from "../../../shared/generation.ts";
import { startedBefore } from "../../../shared/generation.ts";
import type { HostGuest } from "../messages.ts";

interface GuestRow extends Record<string, SqlStorageValue> {
  readonly slot: number;
  readonly sandbox_id: string;
  readonly workspace: string;
  readonly generation: Generation;
}

interface KnownGuest extends HostGuest {
  readonly slot: number;
}

/**
 * The guests that a host has announced: in memory, read once for each time that the object wakes up, and in storage, so
 * that no route is without a list that names it.
 *
 * A guest that the host detaches leaves the memory only; the next one takes its row. Where the memory is lost before
 * that, the guest is listed again until the next heartbeat, which does not have it, and the row is deleted then. It has
 * no route meanwhile, and a late attach of it is refused all the same: its workspace and its own object know its end.
 */
export class HostGuests {
  readonly #sql: SqlStorage;
  #known: Map<string, KnownGuest> | undefined;
  /** Rows whose guests have left. */
  readonly #unused: number[] = [];
  #lastSlot = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  prepare(): void {
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS guests (
         slot INTEGER PRIMARY KEY, sandbox_id TEXT NOT NULL, workspace TEXT NOT NULL, generation TEXT NOT NULL
       )`,
    );
  }

  get count(): number {
    return this.#guests.size;
  }

  list(limit: number): HostGuest[] {
    return Array.from(this.#guests.values(), toGuest).slice(0, limit);
  }

  find(sandboxId: string): HostGuest | undefined {
    const known = this.#guests.get(sandboxId);
    return known && toGuest(known);
  }

  put({ sandboxId, workspace, generation }: HostGuest): void {
    const known = this.#guests.get(sandboxId);
    if (known?.generation === generation && known.workspace === workspace) return;
    const slot = known?.slot ?? this.#unused.pop() ?? this.#lastSlot + 1;
    this.#lastSlot = Math.max(slot, this.#lastSlot);
    this.#guests.set(sandboxId, { slot, sandboxId, workspace, generation });
    this.#sql.exec(
      `INSERT INTO guests (slot, sandbox_id, workspace, generation) VALUES (?, ?, ?, ?)
       ON CONFLICT (slot) DO UPDATE SET
         sandbox_id = excluded.sandbox_id, workspace = excluded.workspace, generation = excluded.generation`,
      slot,
      sandboxId,
      workspace,
      generation,
    );
  }

  /** @param lasting also where the memory is lost before another guest takes its row */
  remove(sandboxId: string, generation: Generation, lasting: boolean): void {
    const known = this.#guests.get(sandboxId);
    if (known?.generation !== generation) return;
    this.#guests.delete(sandboxId);
    if (lasting) this.#sql.exec("DELETE FROM guests WHERE slot = ?", known.slot);
    else this.#unused.push(known.slot);
  }

  /** The storage is empty by then. */
  forget(): void {
    this.#known = undefined;
    this.#unused.length = 0;
    this.#lastSlot = 0;
  }

  get #guests(): Map<string, KnownGuest> {
    if (this.#known === undefined) {
      this.#known = new Map();
      for (const row of this.#sql.exec<GuestRow>("SELECT * FROM guests ORDER BY slot")) this.#load(row);
    }
    return this.#known;
  }

  /** Of two rows of one sandbox the older one is of a guest that has left. */
  #load({ slot, sandbox_id: sandboxId, workspace, generation }: GuestRow): void {
    this.#lastSlot = Math.max(slot, this.#lastSlot);
    const other = this.#known?.get(sandboxId);
    if (other !== undefined && startedBefore(generation, other.generation)) {
      this.#unused.push(slot);
      return;
    }
    if (other !== undefined) this.#unused.push(other.slot);
    this.#known?.set(sandboxId, { slot, sandboxId, workspace, generation });
  }
}

function toGuest({ sandboxId, workspace, generation }: KnownGuest): HostGuest {
  return { sandboxId, workspace, generation };
}
