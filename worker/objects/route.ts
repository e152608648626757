import { CLOCK_TOLERANCE_S } from "../../shared/pass.ts";

/** Where a sandbox is, as its host last said. */
export interface Route {
  readonly hostId: string;
  /** Base URL of the host's connector, without a trailing slash. */
  readonly origin: string;
  readonly generation: string;
  readonly ports: readonly number[];
  /** Unix milliseconds. */
  readonly attachedAt: number;
}

/** Generations remembered after they ended, so that their hosts' late calls change nothing. */
const MAX_ENDED_GENERATIONS = 16;

const GENERATION_CLOCK_SLACK_MS = 2 * CLOCK_TOLERANCE_S * 1000;

/**
 * Decides whether an attach is news or a latecomer.
 *
 * A generation begins with its start in unix milliseconds, by its host's clock: between two hosts an order
 * is certain only beyond the clock difference that both may have.
 *
 * @returns `false` where the offered generation ended already, or began before the current one on another host
 */
export function mayAttach(
  current: Route | undefined,
  ended: readonly string[],
  offer: { readonly hostId: string; readonly generation: string },
): boolean {
  if (ended.includes(offer.generation)) return false;
  if (current === undefined || current.generation === offer.generation) return true;
  const leadMs = generationStart(current.generation) - generationStart(offer.generation);
  return leadMs <= (current.hostId === offer.hostId ? 0 : GENERATION_CLOCK_SLACK_MS);
}

/** A generation that could not have started yet would lock every later one out. */
export function startsInFuture(generation: string, nowMs: number): boolean {
  return generationStart(generation) > nowMs + GENERATION_CLOCK_SLACK_MS;
}

export function rememberEnded(ended: readonly string[], generation: string): string[] {
  return [...ended.filter((known) => known !== generation), generation].slice(-MAX_ENDED_GENERATIONS);
}

function generationStart(generation: string): number {
  return Number.parseInt(generation, 10) || 0;
}
