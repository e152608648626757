import { availableParallelism } from "node:os";

/** More relay workers than this are a mistake. */
export const MAX_WORKERS = 64;

/** The option `--workers`. */
export type WorkersOption = number | "auto";

/** `auto`: one, until slots are leased over workers (`docs/operate.md`). */
export function chooseWorkers(option: WorkersOption, _cores = availableParallelism()): number {
  return option === "auto" ? 1 : option;
}
