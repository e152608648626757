import { readFileSync } from "node:fs";
import { processTree } from "./process-tree.ts";

/** Resident memory of a process and its descendants. */
export function residentBytes(pid: number): number {
  return processTree(pid).reduce((sum, each) => sum + residentBytesOfOne(each), 0);
}

function residentBytesOfOne(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Rss:\s+(\d+) kB$/m.exec(rollup)![1]) * 1024;
}
