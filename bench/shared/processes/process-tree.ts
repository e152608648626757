import { readFileSync } from "node:fs";

/** A process and all its descendants. */
export function processTree(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  if (children === "") return [pid];
  return [pid, ...children.split(" ").flatMap((child) => processTree(Number(child)))];
}
