import { readFileSync } from "node:fs";

const SOFT_LIMIT = /^Max open files +(\d+)/m;

/** How many descriptors this process may have open; infinite on a system that has no `/proc/self/limits` (not Linux). */
export function findOpenFileLimit(): number {
  try {
    const limit = SOFT_LIMIT.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
