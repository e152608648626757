import type { Destination } from "../destination.ts";

/**
 * Which of a sandbox's open ports a visitor may learn of: none by a link, which opens one port only; else those that
 * every visitor may open.
 *
 * @returns `undefined` by a link
 */
export function shownPorts(
  openPorts: readonly number[],
  { link, listedPorts }: Destination,
): readonly number[] | undefined {
  if (link !== undefined) return undefined;
  return listedPorts === undefined ? openPorts : openPorts.filter((port) => listedPorts.includes(port));
}
