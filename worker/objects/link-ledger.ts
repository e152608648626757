import type { LinkClaims, UnverifiedLink } from "../../shared/link-token.ts";
import type { Refusal } from "../../shared/refusal.ts";
import { refuse } from "../../shared/refusal.ts";
import { linkName } from "../link-name.ts";

interface LinkRow extends Record<string, SqlStorageValue> {
  readonly paths: string | null;
  readonly revoked: number;
}

/** What a sandbox knows about single links beyond their tokens: the paths they open, and their revocation. */
export class LinkLedger {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  prepare(): void {
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS links (
         name TEXT PRIMARY KEY, paths TEXT, revoked INTEGER NOT NULL DEFAULT 0, expires_at INTEGER NOT NULL
       ) WITHOUT ROWID`,
    );
  }

  /** Lets a restricted link open these paths, and what lies below them. */
  restrict(link: UnverifiedLink, paths: readonly string[], nowMs: number): void {
    this.forgetExpired(nowMs);
    this.#sql.exec(
      "INSERT INTO links (name, paths, expires_at) VALUES (?, ?, ?)",
      linkName(link),
      JSON.stringify(paths),
      link.claims.expiresAt,
    );
  }

  /** Decides about a link whose token has been verified. A restricted link that nobody remembers opens nothing. */
  check(link: UnverifiedLink): { claims: LinkClaims; paths?: readonly string[] } | Refusal {
    const [row] = this.#sql.exec<LinkRow>("SELECT paths, revoked FROM links WHERE name = ?", linkName(link));
    if (row?.revoked) return refuse("link_revoked");
    if (!link.claims.restricted) return { claims: link.claims };
    if (row === undefined || row.paths === null) return refuse("link_invalid");
    return { claims: link.claims, paths: JSON.parse(row.paths) as string[] };
  }

  revoke(link: UnverifiedLink): void {
    this.#sql.exec(
      `INSERT INTO links (name, revoked, expires_at) VALUES (?, 1, ?) ON CONFLICT (name) DO UPDATE SET revoked = 1`,
      linkName(link),
      link.claims.expiresAt,
    );
  }

  forgetExpired(nowMs: number): void {
    this.#sql.exec("DELETE FROM links WHERE expires_at < ?", Math.floor(nowMs / 1000));
  }
}
