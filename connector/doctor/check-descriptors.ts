import { readdir, readFile } from "node:fs/promises";
import type { Finding } from "./finding.ts";
import { fault, ok, warning } from "./finding.ts";

/** 10 000 streams with two sockets each, and what else is open. */
export const MIN_DESCRIPTORS = 32_768;
const MOSTLY_USED = 0.8;
const CHECK = "descriptors";

/** How many files and sockets the connector's processes may open, and have open. */
export async function checkDescriptors(pids: readonly number[]): Promise<Finding> {
  const advice = "set LimitNOFILE=65536 in the unit, then systemctl restart preview-connector";
  let lowest = Number.POSITIVE_INFINITY;
  for (const pid of pids) {
    const use = await readUse(pid);
    if (use === undefined) continue;
    if (use.open > MOSTLY_USED * use.limit)
      return fault(CHECK, `process ${pid} has ${use.open} of ${use.limit} open`, advice);
    lowest = Math.min(lowest, use.limit);
  }
  if (lowest === Number.POSITIVE_INFINITY)
    return warning(CHECK, "they cannot be read", "run this as root, on Linux");
  return lowest < MIN_DESCRIPTORS
    ? fault(CHECK, `a process may open ${lowest}, and 10 000 streams need ${MIN_DESCRIPTORS}`, advice)
    : ok(CHECK, `each process may open ${lowest}`);
}

async function readUse(pid: number): Promise<{ open: number; limit: number } | undefined> {
  try {
    const limits = await readFile(`/proc/${pid}/limits`, "utf8");
    const limit = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1]);
    return { open: (await readdir(`/proc/${pid}/fd`)).length, limit };
  } catch {
    return undefined;
  }
}
