interface UntoldRow extends Record<string, SqlStorageValue> {
  readonly id: string;
}

/** Sandboxes told at the same time … */
const CONCURRENCY = 50;
/** … and in one go: an invocation may call a thousand times, and a sandbox may take two. */
const MAX_PER_GO = 450;

/** How a go ended: everybody was told, some are left, or some could not be told now. */
export type Telling = "done" | "more" | "failed";

/**
 * The sandboxes that have yet to hear a change, in storage, so that neither a crash nor an overloaded object leaves one
 * behind. They are told what holds when they are told, not what held when they were entered.
 */
export class Untold {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  prepare(): void {
    this.#sql.exec("CREATE TABLE IF NOT EXISTS untold (id TEXT PRIMARY KEY) WITHOUT ROWID");
  }

  /** @param query selects the ids of those to tell */
  enterAll(query: string): void {
    this.#sql.exec(`INSERT OR IGNORE INTO untold (id) ${query}`);
  }

  isEmpty(): boolean {
    return this.#next(1).length === 0;
  }

  /** Goes on with whoever is left. @param tell rejects where the sandbox could not be told */
  async tell(tell: (id: string) => Promise<unknown>): Promise<Telling> {
    const ids = this.#next(MAX_PER_GO);
    let failed = false;
    for (let start = 0; start < ids.length; start += CONCURRENCY) {
      const batch = ids.slice(start, start + CONCURRENCY);
      const told = await Promise.allSettled(batch.map(tell));
      for (const [index, { status }] of told.entries()) {
        if (status === "fulfilled") this.#sql.exec("DELETE FROM untold WHERE id = ?", batch[index] ?? "");
        else failed = true;
      }
    }
    if (failed) return "failed";
    return this.isEmpty() ? "done" : "more";
  }

  #next(limit: number): string[] {
    return Array.from(this.#sql.exec<UntoldRow>("SELECT id FROM untold LIMIT ?", limit), (row) => row.id);
  }
}
