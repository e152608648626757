import { linkName } from "../../shared/link/link-name.ts";
import type { LinkClaims, UnverifiedLink } from "../../shared/link/link-token.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { refuse } from "../../shared/refusal/refusal.ts";
import { LateTable } from "./sandbox/late-table.ts";

interface LinkRow extends Record<string, SqlStorageValue> {
  readonly paths: string | null;
  readonly revoked: number;
}

/** A link whose token holds and that is not revoked. */
export interface VerifiedLink {
  readonly claims: LinkClaims;
  /** The only paths that it opens. */
  readonly paths?: readonly string[];
}

const COLUMNS = `(
  name TEXT PRIMARY KEY, paths TEXT, revoked INTEGER NOT NULL DEFAULT 0, expires_at_ms INTEGER NOT NULL
) WITHOUT ROWID`;

/** What a sandbox knows about single links beyond their tokens: the paths they open, and their revocation. */
export class LinkLedger {
  readonly #sql: SqlStorage;
  readonly #table: LateTable;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#table = new LateTable(sql, "links", COLUMNS);
  }

  /** Lets a restricted link open these paths, and what lies below them. */
  restrict(link: UnverifiedLink, paths: readonly string[], nowMs: number): void {
    this.#table.create();
    this.forgetExpired(nowMs);
    this.#sql.exec(
      "INSERT INTO links (name, paths, expires_at_ms) VALUES (?, ?, ?)",
      linkName(link),
      JSON.stringify(paths),
      link.claims.expiresAtMs,
    );
  }

  /** Decides about a link whose token has been verified. A restricted link without a record opens nothing. */
  check(link: UnverifiedLink): VerifiedLink | Refusal {
    const row = this.#find(linkName(link));
    if (row?.revoked) return refuse("link_revoked");
    if (!link.claims.restricted) return { claims: link.claims };
    if (row === undefined || row.paths === null) return refuse("link_invalid");
    return { claims: link.claims, paths: JSON.parse(row.paths) as string[] };
  }

  revoke(link: UnverifiedLink): void {
    this.#table.create();
    this.#sql.exec(
      `INSERT INTO links (name, revoked, expires_at_ms) VALUES (?, 1, ?) ON CONFLICT (name) DO UPDATE SET revoked = 1`,
      linkName(link),
      link.claims.expiresAtMs,
    );
  }

  forgetExpired(nowMs: number): void {
    if (this.#table.exists()) this.#sql.exec("DELETE FROM links WHERE expires_at_ms <= ?", nowMs);
  }

  /** The storage is empty by then. */
  forget(): void {
    this.#table.forget();
  }

  #find(name: string): LinkRow | undefined {
    if (!this.#table.exists()) return undefined;
    const [row] = this.#sql.exec<LinkRow>("SELECT paths, revoked FROM links WHERE name = ?", name);
    return row;
  }
}
