import type { ObjectKind } from "../platform/edge-modules.ts";
import type { SimulatedStorage } from "../platform/simulated-storage.ts";

/** Objects of a kind that are measured; the others are like them. */
const SAMPLE = 2_000;

interface StoredObject {
  readonly kind: ObjectKind;
  readonly storage: Pick<SimulatedStorage, "bytes" | "alarmMs">;
}

/** An object that has ended and may keep its storage for a while. */
export interface EndedObject {
  readonly storage: StoredObject["storage"];
  /** Unix milliseconds. */
  readonly endedAtMs: number;
}

/**
 * Estimates the storage of all live objects: only some of them were called in the simulation.
 *
 * @param counts how many there are of each kind
 * @returns bytes
 */
export function estimateLiveBytes(
  records: Iterable<StoredObject>,
  counts: Readonly<Record<ObjectKind, number>>,
): number {
  const measured = new Map<ObjectKind, { objects: number; bytes: number }>();
  for (const { kind, storage } of records) {
    const sum = measured.get(kind) ?? { objects: 0, bytes: 0 };
    if (sum.objects >= SAMPLE) continue;
    measured.set(kind, { objects: sum.objects + 1, bytes: sum.bytes + storage.bytes });
  }
  return [...measured].reduce(
    (sum, [kind, { objects, bytes }]) => sum + (bytes / objects) * (counts[kind] ?? objects),
    0,
  );
}

export interface RetainedStorage {
  /** Objects that keep something, each of which has an alarm that will delete it. */
  readonly objects: number;
  /** Bytes times the seconds until the alarm; infinite where an object keeps something and has no alarm. */
  readonly byteSeconds: number;
}

/** Measures what objects keep that have ended. */
export function measureRetained(ended: Iterable<EndedObject>): RetainedStorage {
  let objects = 0;
  let byteSeconds = 0;
  for (const { storage, endedAtMs } of ended) {
    const { bytes, alarmMs } = storage;
    if (bytes === 0) continue;
    objects += 1;
    byteSeconds += bytes * (((alarmMs ?? Infinity) - endedAtMs) / 1000);
  }
  return { objects, byteSeconds };
}
