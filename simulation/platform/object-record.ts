import type { EdgeObject, ObjectKind } from "./edge-modules.ts";
import type { SimulatedStorage } from "./simulated-storage.ts";

/** One object: its storage lasts, its memory is lost when it has been idle. */
export interface ObjectRecord {
  readonly kind: ObjectKind;
  readonly name: string;
  /** Where it runs, for KV's caches. */
  readonly location: number;
  readonly storage: SimulatedStorage;
  /** Its rows are counted: it has its state from before the simulation. */
  billed: boolean;
  /** Settles when the object has its state from before the simulation. */
  seeded: Promise<void> | undefined;
  instance: EdgeObject | undefined;
  usedMs: number;
  /** Calls and other work that it has not finished. */
  active: number;
  /** Since when it has had such work. */
  activeSinceMs: number;
  /** Calls in the second that `second` names. */
  load: number;
  second: number;
}
