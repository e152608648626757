import type { Generation } from "../../../shared/generation.ts";
import { startedBefore } from "../../../shared/generation.ts";

/** Longer than a call of a host can be on its way: until then the row of an ended sandbox is not used for another. */
export const ENDED_MEMORY_MS = 600_000;

/** Rows read to find one that can be used again. */
const PROBED_ROWS = 16;

interface MemberRow extends Record<string, SqlStorageValue> {
  readonly sandbox_id: string;
  readonly generation: Generation;
  readonly ended_at_ms: number | null;
}

/**
 * The sandboxes of a workspace, and for a while those that have ended: a sandbox's own object forgets all at its end
 * where no link was minted for it, and a late call about that generation must change nothing.
 *
 * The row of an ended sandbox is used for a later one, so that the table does not grow.
 */
export class Members {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  prepare(): void {
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS members (
         sandbox_id TEXT PRIMARY KEY, generation TEXT NOT NULL, ended_at_ms INTEGER
       ) WITHOUT ROWID`,
    );
  }

  /**
   * Adds a sandbox, unless a newer generation is there, or this one has ended.
   *
   * @returns the generation of it that was the last to end, where that is remembered
   */
  add(sandboxId: string, generation: Generation, nowMs: number): Generation | undefined {
    const known = this.#find(sandboxId);
    if (known === undefined) {
      this.#insert(sandboxId, generation, nowMs);
      return undefined;
    }
    const ended = known.ended_at_ms === null ? undefined : known.generation;
    const stays = known.generation === generation || (!ended && startedBefore(generation, known.generation));
    if (!stays) {
      const query = "UPDATE members SET generation = ?, ended_at_ms = NULL WHERE sandbox_id = ?";
      this.#sql.exec(query, generation, sandboxId);
    }
    return ended;
  }

  /** Keeps that it has ended. Does nothing where a newer generation was added meanwhile. */
  end(sandboxId: string, generation: Generation, nowMs: number): void {
    const query =
      "UPDATE members SET ended_at_ms = ? WHERE sandbox_id = ? AND generation = ? AND ended_at_ms IS NULL";
    this.#sql.exec(query, nowMs, sandboxId, generation);
  }

  /** Takes back what was added for an attach that was refused. */
  remove(sandboxId: string, generation: Generation): void {
    const query = "DELETE FROM members WHERE sandbox_id = ? AND generation = ? AND ended_at_ms IS NULL";
    this.#sql.exec(query, sandboxId, generation);
  }

  /** Those that have not ended, by id. */
  list(after: string, limit: number): string[] {
    const query =
      "SELECT sandbox_id FROM members WHERE sandbox_id > ? AND ended_at_ms IS NULL ORDER BY sandbox_id LIMIT ?";
    return Array.from(this.#sql.exec<MemberRow>(query, after, limit), (row) => row.sandbox_id);
  }

  #insert(sandboxId: string, generation: Generation, nowMs: number): void {
    const former = this.#findUnused(sandboxId, nowMs);
    if (former === undefined) {
      this.#sql.exec("INSERT INTO members (sandbox_id, generation) VALUES (?, ?)", sandboxId, generation);
      return;
    }
    const query =
      "UPDATE members SET sandbox_id = ?, generation = ?, ended_at_ms = NULL WHERE sandbox_id = ?";
    this.#sql.exec(query, sandboxId, generation, former);
  }

  /** Ids are random: those that follow one are any ones. */
  #findUnused(sandboxId: string, nowMs: number): string | undefined {
    const query = "SELECT * FROM members WHERE sandbox_id > ? ORDER BY sandbox_id LIMIT ?";
    const rows = [...this.#sql.exec<MemberRow>(query, sandboxId, PROBED_ROWS)];
    const isUnused = ({ ended_at_ms }: MemberRow) =>
      ended_at_ms !== null && nowMs - ended_at_ms >= ENDED_MEMORY_MS;
    return rows.find(isUnused)?.sandbox_id;
  }

  #find(sandboxId: string): MemberRow | undefined {
    const [row] = this.#sql.exec<MemberRow>("SELECT * FROM members WHERE sandbox_id = ?", sandboxId);
    return row;
  }
}
