import type { Revocation } from "../../shared/protocol/host-calls.ts";
import { PASS_MAX_ACCEPTANCE_MS } from "../../shared/protocol/pass.ts";
import type { RecentAccessChange, RecentChanges, RecentRevocation } from "./contract.ts";
import { TimedLog } from "./timed-log.ts";

/**
 * Revocations and changes of access for as long as passes made before them are accepted. The host process gives each its
 * time, by which every process knows it again.
 */
export class RecentChangeLog {
  readonly #revocations = new TimedLog<RecentRevocation>(PASS_MAX_ACCEPTANCE_MS);
  readonly #accessChanges = new TimedLog<RecentAccessChange>(PASS_MAX_ACCEPTANCE_MS);

  /** @returns the time of a change that comes now: never before that of a former one, also where the clock was set back */
  stamp(nowMs: number): number {
    return Math.max(nowMs, this.#revocations.lastMs(nowMs), this.#accessChanges.lastMs(nowMs));
  }

  /**
   * @returns what is left to be applied: without the states that a later revocation of the sandbox has replaced; `undefined`
   *   where it is known
   */
  addRevocation(entry: RecentRevocation, nowMs: number): Revocation | undefined {
    const later = this.#revocations.add(entry, nowMs);
    return later && withoutReplaced(entry.revocation, later);
  }

  /** @returns false where it is known */
  addAccessChange(entry: RecentAccessChange, nowMs: number): boolean {
    return this.#accessChanges.add(entry, nowMs) !== undefined;
  }

  list(nowMs: number): RecentChanges {
    return { revocations: this.#revocations.list(nowMs), accessChanges: this.#accessChanges.list(nowMs) };
  }

  /** Adds what another process remembers. @returns what was new here */
  merge({ revocations, accessChanges }: RecentChanges, nowMs: number): RecentChanges {
    return {
      revocations: revocations.filter((entry) => this.addRevocation(entry, nowMs) !== undefined),
      accessChanges: accessChanges.filter((entry) => this.addAccessChange(entry, nowMs)),
    };
  }
}

function withoutReplaced(revocation: Revocation, later: readonly RecentRevocation[]): Revocation {
  const { sandboxId, links } = revocation;
  let { keyVersions, all } = revocation;
  for (const { revocation: other } of later) {
    if (other.sandboxId !== sandboxId) continue;
    if (other.keyVersions !== undefined) keyVersions = undefined;
    if (other.all !== undefined) all = undefined;
  }
  return {
    sandboxId,
    links,
    ...(keyVersions !== undefined && { keyVersions }),
    ...(all !== undefined && { all }),
  };
}
