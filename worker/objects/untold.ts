interface UntoldRow extends Record<string, SqlStorageValue> {
  readonly id: string;
  readonly news: number;
}

/** Sandboxes told at the same time … */
const CONCURRENCY = 50;
/** … and in one go: an invocation may call a thousand times. */
const MAX_PER_GO = 900;

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
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS untold_of (id TEXT PRIMARY KEY, news INTEGER NOT NULL) WITHOUT ROWID",
    );
  }

  /**
   * Enters everybody of a table. Who is being told older news just now stays entered.
   *
   * @param news grows with each change
   */
  enterAll(table: "guests" | "members", news: number): void {
    this.#sql.exec(
      `INSERT INTO untold_of (id, news) SELECT sandbox_id, ? FROM ${table} WHERE true
       ON CONFLICT (id) DO UPDATE SET news = excluded.news`,
      news,
    );
  }

  isEmpty(): boolean {
    return this.#next(1).length === 0;
  }

  /** Goes on with whoever is left. @param tell rejects where the sandbox could not be told */
  async tell(tell: (id: string) => Promise<unknown>): Promise<Telling> {
    const rows = this.#next(MAX_PER_GO);
    let failed = false;
    for (let start = 0; start < rows.length; start += CONCURRENCY) {
      const batch = rows.slice(start, start + CONCURRENCY);
      const told = await Promise.allSettled(batch.map(({ id }) => tell(id)));
      for (const [index, { status }] of told.entries()) {
        if (status === "fulfilled") this.#strike(batch[index]);
        else failed = true;
      }
    }
    if (failed) return "failed";
    return this.isEmpty() ? "done" : "more";
  }

  #strike(row: UntoldRow | undefined): void {
    if (row === undefined) return;
    this.#sql.exec("DELETE FROM untold_of WHERE id = ? AND news = ?", row.id, row.news);
  }

  #next(limit: number): UntoldRow[] {
    return [...this.#sql.exec<UntoldRow>("SELECT id, news FROM untold_of LIMIT ?", limit)];
  }
}
