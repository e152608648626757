import { readFileSync } from "node:fs";
import { processTree } from "./process-tree.ts";

/** Linux counts for user programs in this unit everywhere (proc(5), `sysconf(_SC_CLK_TCK)`). */
const TICKS_PER_SECOND = 100;
/** Fields of /proc/pid/stat after the name in parentheses; the first of them is field 3. */
const UTIME = 14 - 3;
const STIME = 15 - 3;

export interface CpuSeconds {
  readonly user: number;
  readonly kernel: number;
}

/** The time that a process, its threads and its descendants have used. */
export function cpuSeconds(pid: number): CpuSeconds {
  const each = processTree(pid).map(cpuSecondsOfOne);
  return {
    user: each.reduce((sum, { user }) => sum + user, 0),
    kernel: each.reduce((sum, { kernel }) => sum + kernel, 0),
  };
}

function cpuSecondsOfOne(pid: number): CpuSeconds {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    user: Number(fields[UTIME]) / TICKS_PER_SECOND,
    kernel: Number(fields[STIME]) / TICKS_PER_SECOND,
  };
}
