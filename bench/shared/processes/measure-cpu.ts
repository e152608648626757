import { cpuSeconds } from "./cpu-seconds.ts";

/** The CPU seconds of a process and its descendants during some work; `kernel` is part of `cpu`. */
export async function measureCpu<Result>(
  pid: number,
  work: () => Promise<Result>,
): Promise<{ result: Result; cpu: number; kernel: number }> {
  const before = cpuSeconds(pid);
  const result = await work();
  const after = cpuSeconds(pid);
  const kernel = after.kernel - before.kernel;
  return { result, cpu: after.user - before.user + kernel, kernel };
}
