import { AsyncLocalStorage } from "node:async_hooks";

/** What one kind of event has caused. */
export interface CauseCounts {
  times: number;
  objectCalls: number;
  kvReads: number;
  rowsWritten: number;
}

/** Events from outside, such as a visit or a host's heartbeat, and what they cost in objects and KV. */
export class CostLedger {
  readonly #running = new AsyncLocalStorage<string>();
  readonly causes = new Map<string, CauseCounts>();
  /** Rows by place, such as `SANDBOX route`, then by cause. */
  readonly rows = new Map<string, Map<string, number>>();

  /** Everything that follows from the act is put down to the cause. */
  run<Result>(cause: string, act: () => Result): Result {
    return this.#running.run(cause, act);
  }

  /** The cause has occurred once. */
  countTime(cause: string): void {
    this.#counts(cause).times += 1;
  }

  countObjectCall(): void {
    this.#counts(this.#cause).objectCalls += 1;
  }

  countKvRead(): void {
    this.#counts(this.#cause).kvReads += 1;
  }

  countRowsWritten(rows: number, place: string): void {
    const cause = this.#cause;
    this.#counts(cause).rowsWritten += rows;
    const byCause = this.rows.get(place) ?? new Map<string, number>();
    this.rows.set(place, byCause.set(cause, (byCause.get(cause) ?? 0) + rows));
  }

  restart(): void {
    this.causes.clear();
    this.rows.clear();
  }

  get #cause(): string {
    return this.#running.getStore() ?? "others";
  }

  #counts(cause: string): CauseCounts {
    let counts = this.causes.get(cause);
    if (counts === undefined) {
      counts = { times: 0, objectCalls: 0, kvReads: 0, rowsWritten: 0 };
      this.causes.set(cause, counts);
    }
    return counts;
  }
}
