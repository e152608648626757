import { cpuSeconds } from "../host/cpu-seconds.ts";

/** What some work cost a process and its descendants. */
export async function measureCpu<Result>(
  pid: number,
  work: () => Promise<Result>,
): Promise<{ result: Result; cpu: number }> {
  const before = cpuSeconds(pid);
  const result = await work();
  return { result, cpu: cpuSeconds(pid) - before };
}
