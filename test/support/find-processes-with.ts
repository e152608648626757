import { execFileSync } from "node:child_process";

/**
 * The processes of this computer whose arguments or environment contain a text, as `ps` shows them to root.
 *
 * @returns their process ids
 */
export function findProcessesWith(text: string): number[] {
  // `e`: with their environment; `ww`: without a limit of length.
  const lines = execFileSync("ps", ["axeww", "-o", "pid=,command="], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  }).split("\n");
  return lines.filter((line) => line.includes(text)).map((line) => Number.parseInt(line, 10));
}
