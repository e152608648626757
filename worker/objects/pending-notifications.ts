interface NotificationRow extends Record<string, SqlStorageValue> {
  readonly id: string;
  readonly revision: number;
  readonly after_id: string | null;
}

/** Those that can be notified: for each table the column of their names, and which rows count. */
const NAMES = {
  guests: "SELECT DISTINCT sandbox_id AS name FROM guests WHERE sandbox_id > ?",
  members: "SELECT sandbox_id AS name FROM members WHERE sandbox_id > ? AND ended_at_ms IS NULL",
  workspaces: "SELECT workspace AS name FROM workspaces WHERE workspace > ?",
} as const;

/** The row of all whose names come after `after_id`; every other row is of one that could not be notified. */
const ALL = "";

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
 *
 * They are notified in the order of their names, and one row says how far that has come: a row for each would cost as
 * much as seven calls.
 */
export class PendingNotifications {
  readonly #sql: SqlStorage;
  readonly #names: string;
  #rounds = 0;

  /** @param table has the names of those that can be notified */
  constructor(sql: SqlStorage, table: keyof typeof NAMES) {
    this.#sql = sql;
    this.#names = NAMES[table];
  }

  prepare(): void {
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS pending_notifications (
         id TEXT PRIMARY KEY, revision INTEGER NOT NULL, after_id TEXT
       ) WITHOUT ROWID`,
    );
  }

  /**
   * Adds every one of the table. One that is getting an older revision just now stays pending.
   *
   * @param revision grows with each change
   */
  addAll(revision: number): void {
    if (this.#listNames("", 1).length > 0) this.#put(ALL, revision, "");
  }

  isEmpty(): boolean {
    return this.#readRows("", 1).length === 0;
  }

  /** Notifies those that are left. @param notify rejects where one could not be notified */
  async deliver(notify: (name: string) => Promise<unknown>): Promise<Delivery> {
    this.#rounds += 1;
    try {
      const hasFailed = [await this.#repeat(notify), await this.#advance(notify)].includes(true);
      if (hasFailed) return "failed";
      return this.isEmpty() ? "done" : "more";
    } finally {
      this.#rounds -= 1;
    }
  }

  /** A round runs now: an alarm that was set in case the object ends has nothing to do. */
  get isDelivering(): boolean {
    return this.#rounds > 0;
  }

  /** Notifies those that could not be notified before. @returns whether one still cannot */
  async #repeat(notify: (name: string) => Promise<unknown>): Promise<boolean> {
    const rows = this.#readRows(`${ALL} `, MAX_PER_ROUND);
    let hasFailed = false;
    for (const batch of inBatches(rows)) {
      const failed = new Set(
        await notifyAll(
          batch.map(({ id }) => id),
          notify,
        ),
      );
      for (const { id, revision } of batch) if (!failed.has(id)) this.#remove(id, revision);
      hasFailed ||= failed.size > 0;
    }
    return hasFailed;
  }

  /** Notifies the next ones by name. @returns whether one cannot be notified */
  async #advance(notify: (name: string) => Promise<unknown>): Promise<boolean> {
    const [all] = this.#readRows(ALL, 1).filter(({ id }) => id === ALL);
    if (all === undefined) return false;
    const names = this.#listNames(all.after_id ?? "", MAX_PER_ROUND);
    let hasFailed = false;
    for (const batch of inBatches(names)) {
      for (const name of await notifyAll(batch, notify)) {
        hasFailed = true;
        this.#put(name, all.revision, null);
      }
      // Where a newer change was added meanwhile, its round begins with the first name again.
      const query = "UPDATE pending_notifications SET after_id = ? WHERE id = ? AND revision = ?";
      if (batch.length === CONCURRENCY) this.#sql.exec(query, batch.at(-1) ?? "", ALL, all.revision);
    }
    if (names.length < MAX_PER_ROUND) this.#remove(ALL, all.revision);
    return hasFailed;
  }

  #put(id: string, revision: number, afterId: string | null): void {
    this.#sql.exec(
      `INSERT INTO pending_notifications (id, revision, after_id) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET revision = MAX(revision, excluded.revision), after_id = excluded.after_id`,
      id,
      revision,
      afterId,
    );
  }

  #remove(id: string, revision: number): void {
    this.#sql.exec("DELETE FROM pending_notifications WHERE id = ? AND revision = ?", id, revision);
  }

  #readRows(from: string, limit: number): NotificationRow[] {
    const query = "SELECT * FROM pending_notifications WHERE id >= ? ORDER BY id LIMIT ?";
    return [...this.#sql.exec<NotificationRow>(query, from, limit)];
  }

  #listNames(after: string, limit: number): string[] {
    const query = `${this.#names} ORDER BY name LIMIT ?`;
    return Array.from(this.#sql.exec<{ name: string }>(query, after, limit), ({ name }) => name);
  }
}

/** @returns the names of those that could not be notified */
async function notifyAll(
  names: readonly string[],
  notify: (name: string) => Promise<unknown>,
): Promise<string[]> {
  const results = await Promise.allSettled(names.map((name) => notify(name)));
  return names.filter((_, index) => results[index]?.status === "rejected");
}

function* inBatches<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += CONCURRENCY)
    yield items.slice(start, start + CONCURRENCY);
}
