import type { Generation } from "../../shared/generation.ts";
import { generationStartMs } from "../../shared/generation.ts";
import { CLOCK_TOLERANCE_S } from "../../shared/protocol/signature.ts";

/** Where a sandbox is, as its host last said. */
export interface Route {
  readonly hostId: string;
  /** Base URL of the host's connector, without a trailing slash. */
  readonly origin: string;
  readonly generation: Generation;
  readonly ports: readonly number[];
  /** Unix milliseconds. */
  readonly attachedAtMs: number;
}

/** Generations remembered after they ended, so that late calls about them change nothing. */
const MAX_ENDED_GENERATIONS = 16;

const GENERATION_CLOCK_SLACK_MS = 2 * CLOCK_TOLERANCE_S * 1000;

/**
 * Decides whether an attach replaces the current route, or comes too late.
 *
 * A generation's start is by its host's clock: between two hosts an order is certain only beyond the clock difference
 * that both may have.
 *
 * @returns `false` where the offered generation ended already, or began before the current one on another host
 */
export function mayAttach(
  current: Route | undefined,
  ended: readonly Generation[],
  offer: { readonly hostId: string; readonly generation: Generation },
): boolean {
  if (ended.includes(offer.generation)) return false;
  if (current === undefined || current.generation === offer.generation) return true;
  const leadMs = generationStartMs(current.generation) - generationStartMs(offer.generation);
  return leadMs <= (current.hostId === offer.hostId ? 0 : GENERATION_CLOCK_SLACK_MS);
}

/** A generation that could not have started yet would lock every later one out. */
export function startsInFuture(generation: Generation, nowMs: number): boolean {
  return generationStartMs(generation) > nowMs + GENERATION_CLOCK_SLACK_MS;
}

export function rememberEnded(ended: readonly Generation[], generation: Generation): Generation[] {
  return [...ended.filter((known) => known !== generation), generation].slice(-MAX_ENDED_GENERATIONS);
}
