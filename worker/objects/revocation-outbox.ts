import type { Revocation } from "../../shared/protocol/host-calls.ts";
import {
  encodeRevocation,
  MAX_LINKS_PER_REVOCATION,
  REVOCATIONS_PATH,
} from "../../shared/protocol/host-calls.ts";
import { tellHost } from "../hosts/tell-host.ts";
import type { PassSigner } from "../preview/pass-signer.ts";
import type { Route } from "./route.ts";
import { LateTable } from "./sandbox/late-table.ts";

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

interface PendingRevocationRow extends Record<string, SqlStorageValue> {
  readonly seq: number;
  readonly link: string | null;
  readonly key_versions: string | null;
}

export interface PendingRevocation {
  /** Id of a single link … */
  readonly link?: string;
  /** … or the key versions that still hold. */
  readonly keyVersions?: readonly number[];
  /** When everything it revokes has expired, unix milliseconds. */
  readonly untilMs: number;
}

/** Under this key of the object's storage is whether the host has yet to cut everything, or to admit again. */
const ALL_KEY = "pendingAll";

/** A host that did not respond for so long has no connection open any more. */
const ALL_RETRY_MS = 24 * 3_600_000;

const COLUMNS =
  "(seq INTEGER PRIMARY KEY AUTOINCREMENT, link TEXT, key_versions TEXT, until_ms INTEGER NOT NULL)";

interface PendingAll {
  readonly all: boolean;
  readonly untilMs: number;
}

/**
 * The revocations that a sandbox's host has yet to apply: connections that are open under revoked links, or of a
 * suspended sandbox, go on until it does. Kept until the host responds that it has cut them, also where it is away for a
 * minute.
 */
export class RevocationOutbox {
  readonly #sql: SqlStorage;
  readonly #kv: SyncKvStorage;
  readonly #table: LateTable;
  #failures = 0;

  constructor({ sql, kv }: Pick<DurableObjectStorage, "sql" | "kv">) {
    this.#sql = sql;
    this.#kv = kv;
    this.#table = new LateTable(sql, "pending_revocations", COLUMNS);
  }

  add({ link, keyVersions, untilMs }: PendingRevocation): void {
    this.#failures = 0;
    this.#table.create();
    this.#sql.exec(
      "INSERT INTO pending_revocations (link, key_versions, until_ms) VALUES (?, ?, ?)",
      link ?? null,
      keyVersions === undefined ? null : JSON.stringify(keyVersions),
      untilMs,
    );
  }

  /** Has the host cut everything and admit nothing, or admit again. */
  setAll(all: boolean, nowMs: number): void {
    this.#failures = 0;
    this.#kv.put(ALL_KEY, { all, untilMs: nowMs + ALL_RETRY_MS } satisfies PendingAll);
  }

  /** Nothing is open any more: the guest is gone, and its connections with it. The host must admit again all the same. */
  clear(): void {
    if (this.#table.exists()) this.#sql.exec("DELETE FROM pending_revocations");
    if (this.#readAll() === true) this.#kv.delete(ALL_KEY);
  }

  /**
   * Sends the host what is pending.
   *
   * @returns after how many milliseconds to try again; `undefined` where nothing is left
   */
  async deliver(
    sandboxId: string,
    host: Route,
    passes: PassSigner,
    nowMs: number,
  ): Promise<number | undefined> {
    const rows = this.#readNext(nowMs);
    const last = rows.at(-1);
    const all = this.#readAll(nowMs);
    if (last === undefined && all === undefined) return undefined;
    const versions = rows.findLast(({ key_versions }) => key_versions !== null)?.key_versions;
    const revocation: Revocation = {
      sandboxId,
      links: rows.flatMap(({ link }) => link ?? []),
      ...(typeof versions === "string" && { keyVersions: JSON.parse(versions) as number[] }),
      ...(all !== undefined && { all }),
    };
    const { hostId: id, origin } = host;
    const body = encodeRevocation(revocation);
    if (!(await tellHost({ id, origin }, passes, REVOCATIONS_PATH, body, "revocation"))) {
      this.#failures++;
      return Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), MAX_RETRY_MS);
    }
    this.#failures = 0;
    if (last !== undefined) this.#sql.exec("DELETE FROM pending_revocations WHERE seq <= ?", last.seq);
    if (all !== undefined && this.#readAll() === all) this.#kv.delete(ALL_KEY);
    const isDone = rows.length < MAX_LINKS_PER_REVOCATION && this.#readAll() === undefined;
    return isDone ? undefined : 0;
  }

  /** Whether a host has yet to cut everything that is open, or to admit again. */
  get isAllPending(): boolean {
    return this.#kv.get(ALL_KEY) !== undefined;
  }

  /** The storage is empty by then. */
  forget(): void {
    this.#failures = 0;
    this.#table.forget();
  }

  #readNext(nowMs: number): PendingRevocationRow[] {
    if (!this.#table.exists()) return [];
    this.#sql.exec("DELETE FROM pending_revocations WHERE until_ms <= ?", nowMs);
    const query = "SELECT * FROM pending_revocations ORDER BY seq LIMIT ?";
    return [...this.#sql.exec<PendingRevocationRow>(query, MAX_LINKS_PER_REVOCATION)];
  }

  /** @param nowMs where what is too old is not wanted */
  #readAll(nowMs = 0): boolean | undefined {
    const pending = this.#kv.get<PendingAll>(ALL_KEY);
    return pending === undefined || nowMs >= pending.untilMs ? undefined : pending.all;
  }
}
