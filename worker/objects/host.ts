import { DurableObject } from "cloudflare:workers";
import type { Environment } from "../environment.ts";

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

/**
 * One host: its record, when it was last heard, and the sandboxes that it announced.
 *
 * Named by the host's id. The public key lives here and not in KV: a host calls the moment it is enrolled,
 * when KV may still answer that there is no such key.
 */
export class Host extends DurableObject<Environment> {
  #record = this.ctx.storage.kv.get<HostRecord>("record");

  constructor(context: DurableObjectState, environment: Environment) {
    super(context, environment);
    context.storage.sql.exec(
      `CREATE TABLE IF NOT EXISTS guests (
         sandbox_id TEXT PRIMARY KEY, workspace TEXT NOT NULL, generation TEXT NOT NULL
       ) WITHOUT ROWID`,
    );
  }

  enrol(record: HostRecord): void {
    this.#record = record;
    this.ctx.storage.kv.put("record", record);
  }

  read(): HostRecord | undefined {
    return this.#record;
  }

  /** A latecomer does not displace a newer generation: its first 13 characters are when it started. */
  enter(guest: HostGuest): void {
    this.ctx.storage.sql.exec(
      `INSERT INTO guests (sandbox_id, workspace, generation) VALUES (?, ?, ?)
       ON CONFLICT (sandbox_id) DO UPDATE SET workspace = excluded.workspace, generation = excluded.generation
       WHERE substr(excluded.generation, 1, 13) >= substr(guests.generation, 1, 13)`,
      guest.sandboxId,
      guest.workspace,
      guest.generation,
    );
  }

  /** @returns the guest that was struck, if that generation was here */
  strike(sandboxId: string, generation: string): HostGuest | undefined {
    const [row] = this.ctx.storage.sql.exec<GuestRow>(
      "DELETE FROM guests WHERE sandbox_id = ? AND generation = ? RETURNING *",
      sandboxId,
      generation,
    );
    return row === undefined ? undefined : toGuest(row);
  }

  /**
   * Compares what the host says it has with what it announced.
   *
   * @param takenAtMs the host's clock when it took the list; a guest that started later is not missing from it
   * @returns the guests it no longer has, struck, and the ids it has to announce again
   */
  reconcile(
    guests: readonly { readonly sandboxId: string; readonly generation: string }[],
    takenAtMs: number,
  ): { gone: HostGuest[]; missing: string[] } {
    this.ctx.storage.kv.put("lastSeenMs", Date.now());
    const announced = new Map(this.listGuests().map((guest) => [guest.sandboxId, guest]));
    const missing: string[] = [];
    for (const { sandboxId, generation } of guests) {
      if (announced.get(sandboxId)?.generation !== generation) missing.push(sandboxId);
      announced.delete(sandboxId);
    }
    const gone = [...announced.values()].filter(
      ({ generation }) => Number.parseInt(generation, 10) < takenAtMs,
    );
    for (const { sandboxId, generation } of gone) this.strike(sandboxId, generation);
    return { gone, missing };
  }

  listGuests(): HostGuest[] {
    return Array.from(this.ctx.storage.sql.exec<GuestRow>("SELECT * FROM guests"), toGuest);
  }

  /** Forgets the host. Its guests' routes are the caller's to take down first. */
  async remove(): Promise<void> {
    this.#record = undefined;
    await this.ctx.storage.deleteAll();
  }
}

function toGuest(row: GuestRow): HostGuest {
  return { sandboxId: row.sandbox_id, workspace: row.workspace, generation: row.generation };
}
