import type { AccessChange, Revocation } from "../../shared/protocol/host-calls.ts";
import { PASS_MAX_ACCEPTANCE_MS } from "../../shared/protocol/pass.ts";
import type { RecentChanges } from "./contract.ts";

/** Revocations and changes of access for as long as passes made before them are accepted. */
export class RecentChangeLog {
  #revocations: { readonly revocation: Revocation; readonly atMs: number }[] = [];
  #accessChanges: { readonly change: AccessChange; readonly atMs: number }[] = [];

  addRevocation(revocation: Revocation, atMs: number): void {
    this.#revocations.push({ revocation, atMs });
  }

  addAccessChange(change: AccessChange, atMs: number): void {
    this.#accessChanges.push({ change, atMs });
  }

  list(nowMs: number): RecentChanges {
    const sinceMs = nowMs - PASS_MAX_ACCEPTANCE_MS;
    this.#revocations = this.#revocations.filter(({ atMs }) => atMs >= sinceMs);
    this.#accessChanges = this.#accessChanges.filter(({ atMs }) => atMs >= sinceMs);
    return { revocations: [...this.#revocations], accessChanges: [...this.#accessChanges] };
  }

  /** Adds what another process remembers. @returns what was new here */
  merge(recent: RecentChanges, nowMs: number): RecentChanges {
    const known = new Set(this.#keys());
    const revocations = recent.revocations.filter((entry) => !known.has(JSON.stringify(entry)));
    const accessChanges = recent.accessChanges.filter((entry) => !known.has(JSON.stringify(entry)));
    this.#revocations = [...this.#revocations, ...revocations].sort(byTime);
    this.#accessChanges = [...this.#accessChanges, ...accessChanges].sort(byTime);
    this.list(nowMs);
    return { revocations, accessChanges };
  }

  *#keys(): Iterable<string> {
    for (const entry of this.#revocations) yield JSON.stringify(entry);
    for (const entry of this.#accessChanges) yield JSON.stringify(entry);
  }
}

function byTime(left: { readonly atMs: number }, right: { readonly atMs: number }): number {
  return left.atMs - right.atMs;
}
