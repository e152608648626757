import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";

/** Why the admin suspends an org, a workspace or a sandbox. */
export const SUSPENSION_REASONS = ["phishing", "abuse", "billing"] as const;

export type SuspensionReason = (typeof SUSPENSION_REASONS)[number];

export interface Suspension {
  readonly reason: SuspensionReason;
  /** Unix milliseconds. */
  readonly sinceMs: number;
}

/** What an org or a workspace hands down: whether what belongs to it is suspended. */
export interface SuspensionState {
  /** Grows with each change: an older state does not undo a newer one. */
  readonly revision: number;
  /** Absent where it is not suspended. */
  readonly suspension?: Suspension;
}

/** The outcome of a change: what is in force now. */
export interface SuspensionOutcome {
  /** Absent where it is not suspended itself; what it belongs to may be. */
  readonly suspension?: Suspension;
  /** The workspace that a sandbox belongs to. */
  readonly workspace?: string;
}

/** A repeated suspension for the same reason keeps its time. */
export function keepTime(
  known: Suspension | undefined,
  offered: Suspension | undefined,
): Suspension | undefined {
  return known !== undefined && known.reason === offered?.reason ? known : offered;
}

/** The refusal of a caller of the API. Visitors are not given the reason. */
export function refuseCaller(what: "org" | "workspace", { reason }: Suspension): Refusal {
  return refuse("suspended", { detail: `The ${what} is suspended: ${reason}. Its operator can undo that.` });
}
