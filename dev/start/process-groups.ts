import { spawnSync } from "node:child_process";
import { appendFileSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * The process groups of a system's parts, in a file: where every Node process was killed at once, workerd lives on and
 * keeps the edge's port.
 */
export class ProcessGroups {
  readonly #path: string;

  constructor(stateDirectory: string) {
    this.#path = join(stateDirectory, "process-groups");
  }

  add(group: number): void {
    appendFileSync(this.#path, `${group}\n`);
  }

  /** All of them have ended. */
  clear(): void {
    rmSync(this.#path, { force: true });
  }

  /** Kills what is left of a former start. */
  killLeftOver(): void {
    for (const group of findOurs(this.#read())) {
      try {
        process.kill(-group, "SIGKILL");
      } catch {
        // It has ended in between.
      }
    }
    this.clear();
  }

  #read(): ReadonlySet<number> {
    try {
      return new Set(readFileSync(this.#path, "utf8").split("\n").map(Number));
    } catch {
      return new Set();
    }
  }
}

/** A group's id may be another program's by now: ours have a process with a file of this repository in its command. */
function findOurs(groups: ReadonlySet<number>): number[] {
  if (groups.size === 0) return [];
  const root = join(import.meta.dirname, "..", "..");
  const { stdout } = spawnSync("ps", ["-A", "-o", "pgid=,args="], { encoding: "utf8" });
  const ours = (stdout ?? "")
    .split("\n")
    .filter((line) => line.includes(root))
    .map((line) => Number.parseInt(line, 10));
  return [...new Set(ours)].filter((group) => group > 1 && groups.has(group));
}
