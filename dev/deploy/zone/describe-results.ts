import type { ItemResult, ItemState } from "./zone-item.ts";

const MARKS: Record<ItemState, string> = {
  "as needed": "✓",
  set: "✓ set:",
  differs: "✗",
  "by hand": "✗ by hand:",
  "not on this plan": "- not on this plan:",
  failed: "✗ failed:",
};

/** One line of the checklist. */
export function describeResult({ zone, name, state, text }: ItemResult): string {
  return `${MARKS[state]} ${zone}: ${name}${text === "" ? "" : `: ${text}`}`;
}

/** Whether something is left to do. */
export function hasDifferences(results: readonly ItemResult[]): boolean {
  return results.some(({ state }) => state === "differs" || state === "by hand" || state === "failed");
}
