import { linkName } from "../../shared/link/link-name.ts";
import type { LinkClaims, UnverifiedLink } from "../../shared/link/link-token.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { refuse } from "../../shared/refusal/refusal.ts";
import { LateTable } from "./sandbox/late-table.ts";

interface LinkRow extends Record<string, SqlStorageValue> {
  readonly paths: string | null;
  readonly revoked: number;
}

interface EmbedRow extends Record<string, SqlStorageValue> {
  readonly origins: string;
}

/** A link whose token holds and that is not revoked. */
export interface VerifiedLink {
  readonly claims: LinkClaims;
  /** The only paths that it opens. */
  readonly paths?: readonly string[];
  /** The origins that may embed it. */
  readonly embed?: readonly string[];
}

/** What is recorded about a link when it is minted; at least one of them. */
export interface LinkTerms {
  readonly paths: readonly string[] | undefined;
  readonly embed: readonly string[] | undefined;
}

const COLUMNS = `(
  name TEXT PRIMARY KEY, paths TEXT, revoked INTEGER NOT NULL DEFAULT 0, expires_at_ms INTEGER NOT NULL
) WITHOUT ROWID`;

const EMBED_COLUMNS = `(
  name TEXT PRIMARY KEY, origins TEXT NOT NULL, expires_at_ms INTEGER NOT NULL
) WITHOUT ROWID`;

/**
 * What a sandbox knows about single links beyond their tokens: the paths they open, the origins
 * that may embed them, and their revocation.
 */
export class LinkLedger {
  readonly #sql: SqlStorage;
  readonly #table: LateTable;
  readonly #embeds: LateTable;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#table = new LateTable(sql, "links", COLUMNS);
    this.#embeds = new LateTable(sql, "embeds", EMBED_COLUMNS);
  }

  /** Records on which terms a restricted link opens: these paths and what lies below them, in frames of these origins. */
  restrict(link: UnverifiedLink, { paths, embed }: LinkTerms, nowMs: number): void {
    this.forgetExpired(nowMs);
    const { expiresAtMs } = link.claims;
    if (paths !== undefined) {
      this.#table.create();
      const insert = "INSERT INTO links (name, paths, expires_at_ms) VALUES (?, ?, ?)";
      this.#sql.exec(insert, linkName(link), JSON.stringify(paths), expiresAtMs);
    }
    if (embed !== undefined) {
      this.#embeds.create();
      const insert = "INSERT INTO embeds (name, origins, expires_at_ms) VALUES (?, ?, ?)";
      this.#sql.exec(insert, linkName(link), JSON.stringify(embed), expiresAtMs);
    }
  }

  /** Decides about a link whose token has been verified. A restricted link without a record opens nothing. */
  check(link: UnverifiedLink): VerifiedLink | Refusal {
    const row = this.#find(linkName(link));
    if (row?.revoked) return refuse("link_revoked");
    if (!link.claims.restricted) return { claims: link.claims };
    const paths = row?.paths ?? undefined;
    const embed = this.#findEmbed(linkName(link));
    if (paths === undefined && embed === undefined) return refuse("link_invalid");
    return {
      claims: link.claims,
      ...(paths !== undefined && { paths: JSON.parse(paths) as string[] }),
      ...(embed !== undefined && { embed: JSON.parse(embed) as string[] }),
    };
  }

  /** @param name of the link, whether or not something is recorded about it */
  revoke(name: string, expiresAtMs: number): void {
    this.#table.create();
    this.#sql.exec(
      `INSERT INTO links (name, revoked, expires_at_ms) VALUES (?, 1, ?) ON CONFLICT (name) DO UPDATE SET revoked = 1`,
      name,
      expiresAtMs,
    );
  }

  forgetExpired(nowMs: number): void {
    if (this.#table.exists()) this.#sql.exec("DELETE FROM links WHERE expires_at_ms <= ?", nowMs);
    if (this.#embeds.exists()) this.#sql.exec("DELETE FROM embeds WHERE expires_at_ms <= ?", nowMs);
  }

  /** The storage is empty by then. */
  forget(): void {
    this.#table.forget();
    this.#embeds.forget();
  }

  #find(name: string): LinkRow | undefined {
    if (!this.#table.exists()) return undefined;
    const [row] = this.#sql.exec<LinkRow>("SELECT paths, revoked FROM links WHERE name = ?", name);
    return row;
  }

  #findEmbed(name: string): string | undefined {
    if (!this.#embeds.exists()) return undefined;
    const [row] = this.#sql.exec<EmbedRow>("SELECT origins FROM embeds WHERE name = ?", name);
    return row?.origins;
  }
}
