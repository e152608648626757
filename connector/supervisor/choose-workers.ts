/** More relay workers than this are a mistake. */
export const MAX_WORKERS = 64;

/** The option `--workers`. */
export type WorkersOption = number | "auto";

/**
 * `auto` is one: several have fixed shares of the limits (`connector/workers/share-limits.ts`), so a sandbox whose visitors
 * all come to one worker gets less than its limit.
 */
export function chooseWorkers(option: WorkersOption): number {
  return option === "auto" ? 1 : option;
}
