import type { RateLimit } from "../shared/limit/gcra.ts";
import type { RefusalCode } from "../shared/refusal/refusal.ts";
import type { ObjectRecord } from "./simulated-objects.ts";
import type { SimulatedTime } from "./simulated-time.ts";

/** An answer's mark: after how many of its org's changes the limit held that it was given under. Copies keep it. */
const APPLIED = Symbol("applied");

export type ChangeKind = "revocation" | "limit change" | "silent host";

export interface Change {
  readonly kind: ChangeKind;
  readonly atMs: number;
  /** Until the last request that was answered as if nothing had changed. */
  delayMs: number;
  /** Requests that were answered as they should be. */
  obeyed: number;
}

/** One request of a visitor. */
export interface Observed {
  readonly linkName: string | undefined;
  readonly org: string;
  readonly hostId: string;
  /** What an isolate made of it. */
  readonly result: object;
  readonly refused: RefusalCode | undefined;
}

interface LimitChange {
  readonly change: Change;
  readonly limit: RateLimit;
}

/**
 * Finds how long after a change some isolate still acts on what was true before.
 *
 * A change counts from the moment at which its API call is made, not from when it is answered.
 */
export class PropagationCheck {
  readonly changes: Change[] = [];
  readonly #time: SimulatedTime;
  /** By the link's name. */
  readonly #revocations = new Map<string, Change>();
  readonly #limits = new Map<string, LimitChange[]>();
  readonly #silences = new Map<string, Change>();
  readonly #applied = new WeakMap<ObjectRecord, number>();

  constructor(time: SimulatedTime) {
    this.#time = time;
  }

  revoke(linkName: string): void {
    this.#revocations.set(linkName, this.#add("revocation"));
  }

  /** @param limit not one that the org had before */
  changeLimit(org: string, limit: RateLimit): void {
    const changes = this.#limits.get(org) ?? [];
    this.#limits.set(org, [...changes, { change: this.#add("limit change"), limit }]);
  }

  /** A host was heard for the last time. */
  silence(hostId: string): void {
    this.#silences.set(hostId, this.#add("silent host"));
  }

  /** An object decides under this limit. */
  apply(record: ObjectRecord, org: string, limit: RateLimit): void {
    const changes = this.#limits.get(org);
    if (changes === undefined) return;
    const latest = changes.findLastIndex(
      (each) => each.limit.perSecond === limit.perSecond && each.limit.burst === limit.burst,
    );
    this.#applied.set(record, latest + 1);
  }

  mark(record: ObjectRecord, answer: object): void {
    Object.defineProperty(answer, APPLIED, { value: this.#applied.get(record) ?? 0, enumerable: true });
  }

  observe({ linkName, org, hostId, result, refused }: Observed): void {
    const revocation = linkName === undefined ? undefined : this.#revocations.get(linkName);
    if (revocation !== undefined) this.#note(revocation, refused !== undefined);
    const silence = this.#silences.get(hostId);
    if (silence !== undefined && (refused === undefined || refused === "host_unreachable"))
      this.#note(silence, refused !== undefined);
    // A withdrawn link or a silent host is refused before any limit is looked at.
    if (refused !== undefined && refused !== "rate_limited") return;
    const changes = this.#limits.get(org);
    if (changes === undefined || !(APPLIED in result)) return;
    const applied = (result as { [APPLIED]: number })[APPLIED];
    for (const [index, { change }] of changes.entries()) this.#note(change, applied > index);
  }

  /** The longest delay, of those changes after which somebody came; `undefined` where there was none. */
  worst(kind: ChangeKind): number | undefined {
    const seen = this.changes.filter((change) => change.kind === kind && change.obeyed > 0);
    return seen.length === 0 ? undefined : Math.max(...seen.map(({ delayMs }) => delayMs));
  }

  #add(kind: ChangeKind): Change {
    const change = { kind, atMs: this.#time.nowMs, delayMs: 0, obeyed: 0 };
    this.changes.push(change);
    return change;
  }

  #note(change: Change, obeys: boolean): void {
    if (obeys) change.obeyed += 1;
    else change.delayMs = Math.max(change.delayMs, this.#time.nowMs - change.atMs);
  }
}
