interface NotificationRow extends Record<string, SqlStorageValue> {
  readonly id: string;
  readonly revision: number;
}

/** Each of these tables has in this column the names of those that can be notified. */
const NAME_COLUMNS = { guests: "sandbox_id", members: "sandbox_id", workspaces: "workspace" } as const;

/**
 * Sandboxes or workspaces notified at the same time: a suspension reaches 1 000 of them in a second, also where each
 * responds after 200 ms …
 */
const CONCURRENCY = 200;
/** … and in one round: Cloudflare allows 10 000 calls in one invocation. On the Free plan the others fail, and follow. */
const MAX_PER_ROUND = 5_000;

/** How a round ended: all were notified, some are left, or some could not be notified now. */
export type Delivery = "done" | "more" | "failed";

/**
 * The sandboxes, or an org's workspaces, that have yet to get a change, in storage, so that neither a crash nor an
 * overloaded object leaves one out. Each gets the state at the time of its delivery, not at the time of the change.
 */
export class PendingNotifications {
  readonly #sql: SqlStorage;
  #rounds = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  prepare(): void {
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS pending_notifications (
         id TEXT PRIMARY KEY, revision INTEGER NOT NULL
       ) WITHOUT ROWID`,
    );
  }

  /**
   * Adds every one of a table. One that is getting an older revision just now stays pending.
   *
   * @param revision grows with each change
   */
  addAll(table: keyof typeof NAME_COLUMNS, revision: number): void {
    this.#sql.exec(
      `INSERT INTO pending_notifications (id, revision) SELECT ${NAME_COLUMNS[table]}, ? FROM ${table} WHERE true
       ON CONFLICT (id) DO UPDATE SET revision = excluded.revision`,
      revision,
    );
  }

  isEmpty(): boolean {
    return this.#next(1).length === 0;
  }

  /** Notifies those that are left. @param notify rejects where one could not be notified */
  async deliver(notify: (name: string) => Promise<unknown>): Promise<Delivery> {
    this.#rounds += 1;
    try {
      return await this.#deliverRound(notify);
    } finally {
      this.#rounds -= 1;
    }
  }

  /** A round runs now: an alarm that was set in case the object ends has nothing to do. */
  get isDelivering(): boolean {
    return this.#rounds > 0;
  }

  async #deliverRound(notify: (name: string) => Promise<unknown>): Promise<Delivery> {
    const rows = this.#next(MAX_PER_ROUND);
    let failed = false;
    for (let start = 0; start < rows.length; start += CONCURRENCY) {
      const batch = rows.slice(start, start + CONCURRENCY);
      const results = await Promise.allSettled(batch.map(({ id }) => notify(id)));
      for (const [index, { status }] of results.entries()) {
        if (status === "fulfilled") this.#remove(batch[index]);
        else failed = true;
      }
    }
    if (failed) return "failed";
    return this.isEmpty() ? "done" : "more";
  }

  #remove(row: NotificationRow | undefined): void {
    if (row === undefined) return;
    this.#sql.exec("DELETE FROM pending_notifications WHERE id = ? AND revision = ?", row.id, row.revision);
  }

  #next(limit: number): NotificationRow[] {
    return [
      ...this.#sql.exec<NotificationRow>("SELECT id, revision FROM pending_notifications LIMIT ?", limit),
    ];
  }
}
