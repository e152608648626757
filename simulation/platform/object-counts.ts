import type { ObjectKind } from "./edge-modules.ts";

/** The use of all objects. */
export interface ObjectCounts {
  /** Calls by kind and method. */
  readonly calls: Map<string, number>;
  rowsRead: number;
  rowsWritten: number;
  /** Time in which objects had work, waiting included, summed over objects: calls at the same time count once. */
  busyMs: number;
  alarms: number;
  /** How often an object was created from its storage. */
  wakes: number;
  /** Most calls that one object had in a second, by kind. */
  readonly peak: Map<ObjectKind, number>;
}

export function createObjectCounts(): ObjectCounts {
  return { calls: new Map(), rowsRead: 0, rowsWritten: 0, busyMs: 0, alarms: 0, wakes: 0, peak: new Map() };
}
