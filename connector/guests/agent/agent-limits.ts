import { AGENT_ALIVE_INTERVAL_MS } from "../../../shared/protocol/agent-protocol.ts";

/** What the connector allows an agent, which belongs to a guest and is hostile until shown otherwise. */
export const AGENT_CONNECT_TIMEOUT_MS = 2_000;

/** From the request to the last byte of a fresh scan: a visitor waits for it. */
export const AGENT_SCAN_TIMEOUT_MS = 1_000;

/** A stream that has said nothing for three `alive` intervals is dead. */
export const AGENT_SILENCE_MS = 3 * AGENT_ALIVE_INTERVAL_MS;

export const AGENT_MAX_HEAD_BYTES = 4_096;

/**
 * After each read the stream rests so long, and so many times as long as taking the read in took: a babbling agent
 * costs a bounded share of a core, and the edge a bounded number of calls. An honest one looks less often than this.
 */
export const AGENT_MIN_REST_MS = 100;
export const AGENT_REST_RATIO = 30;

export const AGENT_FIRST_RETRY_MS = 100;

/** A guest without an agent is asked this often whether it has one by now. */
export const AGENT_MAX_RETRY_MS = 5_000;
