import { callHost } from "../call-host.ts";
import type { PassPress } from "../pass-press.ts";
import type { Route } from "./route.ts";

/** How long one delivery may take; the caller that withdraws a link waits for the first. */
const DELIVERY_TIMEOUT_MS = 2_000;
/** What a host takes in one call. */
export const MAX_PER_DELIVERY = 1000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

interface PendingRow extends Record<string, SqlStorageValue> {
  readonly seq: number;
  readonly link: string | null;
  readonly key_versions: string | null;
}

export interface Withdrawal {
  /** Id of a single link … */
  readonly link?: string;
  /** … or the key versions that still hold. */
  readonly keyVersions?: readonly number[];
  /** When everything it withdraws has ended anyway, unix milliseconds. */
  readonly untilMs: number;
}

/**
 * What a sandbox's host has yet to hear about withdrawn links: connections that are open under them go on until it
 * does. Kept until the host says that it has cut them, so that a host that is away for a minute still does.
 */
export class RevocationOutbox {
  readonly #sql: SqlStorage;
  #failures = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  prepare(): void {
    this.#sql.exec(
      `CREATE TABLE IF NOT EXISTS withdrawals (
         seq INTEGER PRIMARY KEY AUTOINCREMENT, link TEXT, key_versions TEXT, until_ms INTEGER NOT NULL
       )`,
    );
  }

  add({ link, keyVersions, untilMs }: Withdrawal): void {
    this.#failures = 0;
    this.#sql.exec(
      "INSERT INTO withdrawals (link, key_versions, until_ms) VALUES (?, ?, ?)",
      link ?? null,
      keyVersions === undefined ? null : JSON.stringify(keyVersions),
      untilMs,
    );
  }

  /** Nothing is open any more: the guest is gone, and its connections with it. */
  clear(): void {
    this.#sql.exec("DELETE FROM withdrawals");
  }

  /**
   * Tells the host what is pending.
   *
   * @returns after how many milliseconds to try again; `undefined` where nothing is left
   */
  async deliver(
    sandboxId: string,
    host: Route,
    passes: PassPress,
    nowMs: number,
  ): Promise<number | undefined> {
    this.#sql.exec("DELETE FROM withdrawals WHERE until_ms <= ?", nowMs);
    const rows = [
      ...this.#sql.exec<PendingRow>("SELECT * FROM withdrawals ORDER BY seq LIMIT ?", MAX_PER_DELIVERY),
    ];
    const last = rows.at(-1);
    if (last === undefined) return undefined;
    const versions = rows.findLast(({ key_versions }) => key_versions !== null)?.key_versions;
    const body = {
      sandbox_id: sandboxId,
      links: rows.flatMap(({ link }) => link ?? []),
      ...(typeof versions === "string" && { key_versions: JSON.parse(versions) as number[] }),
    };
    if (!(await isHeard(host, passes, body))) {
      this.#failures++;
      return Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), MAX_RETRY_MS);
    }
    this.#failures = 0;
    this.#sql.exec("DELETE FROM withdrawals WHERE seq <= ?", last.seq);
    return rows.length < MAX_PER_DELIVERY ? undefined : 0;
  }
}

async function isHeard({ hostId, origin }: Route, passes: PassPress, body: unknown): Promise<boolean> {
  try {
    const response = await callHost(passes, { id: hostId, origin }, "/revocations", {
      method: "POST",
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(DELIVERY_TIMEOUT_MS),
    });
    await response.body?.cancel();
    if (response.ok) return true;
    console.error({ event: "revocation_refused", host: hostId, status: response.status });
    return false;
  } catch (error) {
    console.error({ event: "revocation_not_delivered", host: hostId, error: String(error) });
    return false;
  }
}
