import { readFileSync } from "node:fs";
import { processTree } from "./process-tree.ts";

/** Linux counts for user programs in this unit everywhere (proc(5), `sysconf(_SC_CLK_TCK)`). */
const TICKS_PER_SECOND = 100;
/** Fields of /proc/pid/stat after the name in parentheses; the first of them is field 3. */
const UTIME = 14 - 3;
const STIME = 15 - 3;

/** User and system time that a process, its threads and its descendants have used. */
export function cpuSeconds(pid: number): number {
  return processTree(pid).reduce((sum, each) => sum + ticks(each), 0) / TICKS_PER_SECOND;
}

function ticks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[UTIME]) + Number(fields[STIME]);
}
