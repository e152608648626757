import { BoundedMap } from "../../../shared/bounded-map.ts";
import type { AuditActor } from "../audit/audit-trail.ts";
import { LateTable } from "./late-table.ts";

/** The links that a sandbox lists; beyond them, the one that expires first is left out. It still opens. */
export const MAX_LISTED_LINKS = 200;

/** A link's last use is written again after this time: a row is written for each link in use once in it. */
export const USE_WRITE_INTERVAL_MS = 5 * 60_000;

/** What is known of a link without its token. */
export interface ListedLink {
  /** As in passes and the audit trail. */
  readonly id: string;
  readonly port: number;
  readonly label: string;
  readonly paths?: readonly string[];
  readonly embed?: readonly string[];
  readonly createdBy: AuditActor;
  /** Unix milliseconds, as all of its times. */
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** Absent where it was not used yet. */
  readonly lastUsedAtMs?: number;
}

interface Row extends Record<string, SqlStorageValue> {
  readonly name: string;
  readonly id: string;
  readonly expires_at_ms: number;
  readonly used_at_ms: number;
  readonly facts: string;
}

const COLUMNS = `(
  name TEXT PRIMARY KEY, id TEXT NOT NULL, expires_at_ms INTEGER NOT NULL, used_at_ms INTEGER NOT NULL, facts TEXT NOT NULL
) WITHOUT ROWID`;

/** The links of one sandbox as people see them. Nothing here decides about a request. */
export class ListedLinks {
  readonly #sql: SqlStorage;
  readonly #table: LateTable;
  /** By name, when links were used, as far as this object remembers. */
  readonly #uses = new BoundedMap<string, number>(MAX_LISTED_LINKS);

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#table = new LateTable(sql, "listed_links", COLUMNS);
  }

  add(name: string, link: ListedLink, nowMs: number): void {
    this.#table.create();
    this.#sql.exec("DELETE FROM listed_links WHERE expires_at_ms <= ?", nowMs);
    const { id, expiresAtMs, ...facts } = link;
    this.#sql.exec(
      "INSERT INTO listed_links VALUES (?, ?, ?, 0, ?)",
      name,
      id,
      expiresAtMs,
      JSON.stringify(facts),
    );
    this.#sql.exec(
      `DELETE FROM listed_links WHERE name IN
        (SELECT name FROM listed_links ORDER BY expires_at_ms DESC, name LIMIT -1 OFFSET ?)`,
      MAX_LISTED_LINKS,
    );
  }

  /** Notes that a link has opened something; in storage only once in a while. */
  noteUse(name: string, nowMs: number): void {
    const known = this.#uses.get(name);
    if (known !== undefined && nowMs - known < USE_WRITE_INTERVAL_MS && nowMs >= known) return;
    this.#uses.set(name, nowMs);
    if (this.#table.exists())
      this.#sql.exec("UPDATE listed_links SET used_at_ms = ? WHERE name = ?", nowMs, name);
  }

  /** Those that have not expired, the newest first. */
  list(nowMs: number): ListedLink[] {
    if (!this.#table.exists()) return [];
    const rows = this.#sql.exec<Row>("SELECT * FROM listed_links WHERE expires_at_ms > ?", nowMs);
    return [...rows].map(toLink).sort((one, other) => other.createdAtMs - one.createdAtMs);
  }

  /** @returns the link's name and end; `undefined` for an id that is not listed */
  find(id: string): { name: string; expiresAtMs: number } | undefined {
    if (!this.#table.exists()) return undefined;
    const [row] = this.#sql.exec<Row>("SELECT * FROM listed_links WHERE id = ?", id);
    return row && { name: row.name, expiresAtMs: row.expires_at_ms };
  }

  remove(name: string): void {
    if (this.#table.exists()) this.#sql.exec("DELETE FROM listed_links WHERE name = ?", name);
  }

  /** The storage is empty by then. */
  forget(): void {
    this.#table.forget();
  }
}

function toLink({ id, expires_at_ms: expiresAtMs, used_at_ms: usedAtMs, facts }: Row): ListedLink {
  const rest = JSON.parse(facts) as Omit<ListedLink, "id" | "expiresAtMs">;
  return { id, expiresAtMs, ...rest, ...(usedAtMs > 0 && { lastUsedAtMs: usedAtMs }) };
}
