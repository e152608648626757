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

/** Time between two attempts to reach the agent of a guest that has had none for long. */
export const AGENT_MAX_RETRY_MS = 5_000;
