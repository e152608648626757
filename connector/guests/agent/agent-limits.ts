import { AGENT_ALIVE_INTERVAL_MS } from "../../../shared/protocol/agent-protocol.ts";

// Limits on agents: an agent belongs to its guest, and is taken as hostile.

/** For a connection; where a stream is asked for, the response's head included. */
export const AGENT_CONNECT_TIMEOUT_MS = 2_000;

/** From the request to the last byte of a fresh scan: a visitor waits for it. */
export const AGENT_SCAN_TIMEOUT_MS = 1_000;

/** A stream without a byte for three `alive` intervals is dead. */
export const AGENT_SILENCE_MS = 3 * AGENT_ALIVE_INTERVAL_MS;

export const AGENT_MAX_HEAD_BYTES = 4_096;

/**
 * After each read the stream pauses for the longer of this time and the CPU time that the read took, multiplied by the ratio.
 * So an agent that sends without end costs a bounded share of a core, and a bounded number of calls to the edge. An
 * honest agent scans less often than this.
 */
export const AGENT_MIN_REST_MS = 100;
export const AGENT_REST_RATIO = 30;

export const AGENT_FIRST_RETRY_MS = 100;

/**
 * Longest time between two attempts to reach an agent that was there, or whose guest was attached, a short time ago, and to
 * that of a guest that somebody visits.
 */
export const AGENT_MAX_RETRY_MS = 5_000;

/** So long after that, an agent is not expected any more: a guest has booted by then. */
export const AGENT_EXPECTED_MS = 60_000;

/** Longest time between two attempts to reach an agent that is not expected: most guests without one never get one. */
export const AGENT_RARE_RETRY_MS = 60_000;

/**
 * Attempts of all guests together, also where thousands are attached at once: an attempt takes about 100 µs, so all of
 * them take a tenth of a core at most.
 */
export const AGENT_ATTEMPTS_PER_S = 1_000;
