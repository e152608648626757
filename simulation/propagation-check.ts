import type { RateLimit } from "../shared/limit/gcra.ts";
import type { RefusalCode } from "../shared/refusal/refusal.ts";
import type { ObjectRecord } from "./platform/object-record.ts";
import type { SimulatedTime } from "./platform/simulated-time.ts";

/** Marks a result with the number of its org's limit changes that its limit includes. Copies keep the mark. */
const APPLIED = Symbol("applied");

export type ChangeKind = "revocation" | "limit change" | "silent host";

export interface Change {
  readonly kind: ChangeKind;
  readonly atMs: number;
  /** Until the last request whose result did not follow the change. */
  delayMs: number;
  /** Requests whose result followed the change. */
  followed: number;
}

/** One request of a visitor. */
export interface Observed {
  readonly linkName: string | undefined;
  readonly org: string;
  readonly hostId: string;
  /** The decision of the isolate. */
  readonly result: object;
  readonly refused: RefusalCode | undefined;
}

interface LimitChange {
  readonly change: Change;
  readonly limit: RateLimit;
}

/**
 * Measures how long after a change some isolate still acts on the state before it.
 *
 * A change counts from the moment of its API call, not from the call's response.
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

  /** A host has sent its last heartbeat. */
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

  mark(record: ObjectRecord, result: object): void {
    Object.defineProperty(result, APPLIED, { value: this.#applied.get(record) ?? 0, enumerable: true });
  }

  observe({ linkName, org, hostId, result, refused }: Observed): void {
    const revocation = linkName === undefined ? undefined : this.#revocations.get(linkName);
    if (revocation !== undefined) this.#record(revocation, refused !== undefined);
    const silence = this.#silences.get(hostId);
    if (silence !== undefined && (refused === undefined || refused === "host_unreachable"))
      this.#record(silence, refused !== undefined);
    // A revoked link or a silent host is refused before any limit applies.
    if (refused !== undefined && refused !== "rate_limited") return;
    const changes = this.#limits.get(org);
    if (changes === undefined || !(APPLIED in result)) return;
    const applied = (result as { [APPLIED]: number })[APPLIED];
    for (const [index, { change }] of changes.entries()) this.#record(change, applied > index);
  }

  /** The longest delay, of those changes that were followed by requests; `undefined` where there were none. */
  worst(kind: ChangeKind): number | undefined {
    const seen = this.changes.filter((change) => change.kind === kind && change.followed > 0);
    return seen.length === 0 ? undefined : Math.max(...seen.map(({ delayMs }) => delayMs));
  }

  #add(kind: ChangeKind): Change {
    const change = { kind, atMs: this.#time.nowMs, delayMs: 0, followed: 0 };
    this.changes.push(change);
    return change;
  }

  #record(change: Change, follows: boolean): void {
    if (follows) change.followed += 1;
    else change.delayMs = Math.max(change.delayMs, this.#time.nowMs - change.atMs);
  }
}
