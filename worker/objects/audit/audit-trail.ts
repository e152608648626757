/** Changes of a workspace that are kept; the oldest one makes room for the next. */
export const MAX_AUDIT_ENTRIES = 1_000;

/** The longest text of an entry; ids and names are shorter. */
const MAX_TEXT_LENGTH = 300;

/** Who made a change. Never the secret. */
export interface AuditActor {
  readonly kind: "api_token" | "org_token" | "admin" | "enrolment_token" | "host";
  /** The token's id, or the host's; the admin's token has none. */
  readonly id?: string;
  readonly role?: string;
}

/** One change over the API, or a sandbox's move from one host to another. */
export interface AuditEntry {
  /** Unix milliseconds. */
  readonly atMs: number;
  readonly who: AuditActor;
  /** The call's name in the API's document, or `moveSandbox`. */
  readonly what: string;
  /** The path of what was changed. */
  readonly on: string;
  /** The client's IP address; absent where no client made the change. */
  readonly from?: string;
  /** `ok`, or the code of a refusal. */
  readonly result: string;
  readonly detail?: string;
}

export interface NumberedAuditEntry extends AuditEntry {
  readonly seq: number;
}

interface AuditRow extends Record<string, SqlStorageValue> {
  readonly seq: number;
  readonly entry: string;
}

/** The last changes of one workspace, in a ring of rows: each change writes one row, and none is deleted. */
export class AuditTrail {
  readonly #sql: SqlStorage;
  #nextSeq: number | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  add(entry: AuditEntry): void {
    const seq = this.#prepare();
    this.#sql.exec(
      `INSERT INTO audit (slot, seq, entry) VALUES (?, ?, ?)
       ON CONFLICT (slot) DO UPDATE SET seq = excluded.seq, entry = excluded.entry`,
      seq % MAX_AUDIT_ENTRIES,
      seq,
      JSON.stringify({ ...entry, on: clip(entry.on), ...(entry.detail && { detail: clip(entry.detail) }) }),
    );
    this.#nextSeq = seq + 1;
  }

  /**
   * The newest entries first.
   *
   * @param before only entries with a lower number
   */
  list(before: number, limit: number): NumberedAuditEntry[] {
    this.#prepare();
    const query = "SELECT seq, entry FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?";
    return Array.from(this.#sql.exec<AuditRow>(query, before, limit), ({ seq, entry }) => ({
      ...(JSON.parse(entry) as AuditEntry),
      seq,
    }));
  }

  /** @returns the number of the next entry */
  #prepare(): number {
    if (this.#nextSeq !== undefined) return this.#nextSeq;
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS audit (slot INTEGER PRIMARY KEY, seq INTEGER NOT NULL, entry TEXT NOT NULL)",
    );
    const [row] = this.#sql.exec<{ last: number | null }>("SELECT MAX(seq) AS last FROM audit");
    this.#nextSeq = (row?.last ?? 0) + 1;
    return this.#nextSeq;
  }
}

function clip(text: string): string {
  return text.length <= MAX_TEXT_LENGTH ? text : `${text.slice(0, MAX_TEXT_LENGTH)}…`;
}
