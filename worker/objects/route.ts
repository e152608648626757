import type { Generation } from "../../shared/generation.ts";
import { generationStartMs } from "../../shared/generation.ts";
import { CLOCK_TOLERANCE_S } from "../../shared/protocol/signature.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { refuse } from "../../shared/refusal/refusal.ts";

/** Where a sandbox is, as its host last said. */
export interface Route {
  readonly hostId: string;
  /** Base URL of the host's connector, without a trailing slash. */
  readonly origin: string;
  readonly generation: Generation;
  readonly ports: readonly number[];
  /** Those of them whose servers listen on loopback only; absent where there is none, or the host did not say. */
  readonly loopbackPorts?: readonly number[];
  /** Unix milliseconds. */
  readonly attachedAtMs: number;
}

/** Generations remembered after they ended, so that late calls about them change nothing. */
const MAX_ENDED_GENERATIONS = 16;

const GENERATION_CLOCK_SLACK_MS = 2 * CLOCK_TOLERANCE_S * 1000;

/** A generation that has ended. */
export interface EndedGeneration {
  readonly generation: Generation;
  /** The host that had it. */
  readonly hostId: string;
}

/** One start of a guest on a host. */
export interface HostStart {
  readonly hostId: string;
  readonly generation: Generation;
}

/**
 * Decides whether an attach replaces the current route, or comes too late.
 *
 * A generation's start is by its host's clock: between two hosts an order is certain only beyond the clock difference
 * that both may have.
 *
 * @param ended the last one to end last
 * @returns `undefined` where the attach may replace the route; else `generation_ended` where the host itself was the
 *   last to have the sandbox, so that it may announce a guest that still runs anew, and `conflict` where another one was
 */
export function checkAttach(
  current: Route | undefined,
  ended: readonly EndedGeneration[],
  offer: HostStart,
): Refusal | undefined {
  const hasEnded = ended.some(({ generation }) => generation === offer.generation);
  if (!hasEnded && !isOvertaken(current, offer)) return undefined;
  const last = current ?? ended.at(-1);
  return refuse(last?.hostId === offer.hostId ? "generation_ended" : "conflict");
}

function isOvertaken(current: Route | undefined, offer: HostStart): boolean {
  if (current === undefined || current.generation === offer.generation) return false;
  const leadMs = generationStartMs(current.generation) - generationStartMs(offer.generation);
  return leadMs > (current.hostId === offer.hostId ? 0 : GENERATION_CLOCK_SLACK_MS);
}

/** A generation that could not have started yet would lock every later one out. */
export function startsInFuture(generation: Generation, nowMs: number): boolean {
  return generationStartMs(generation) > nowMs + GENERATION_CLOCK_SLACK_MS;
}

/** @returns the list with one more, which ended before all others, unless it has that one */
export function addFormerEnded(
  ended: readonly EndedGeneration[],
  former: EndedGeneration,
): readonly EndedGeneration[] {
  return ended.some(({ generation }) => generation === former.generation) ? ended : [former, ...ended];
}

/** @returns the list with one more at its end */
export function rememberEnded(ended: readonly EndedGeneration[], last: EndedGeneration): EndedGeneration[] {
  const others = ended.filter(({ generation }) => generation !== last.generation);
  return [...others, last].slice(-MAX_ENDED_GENERATIONS);
}
