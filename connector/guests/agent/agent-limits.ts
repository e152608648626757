import { AGENT_ALIVE_INTERVAL_MS } from "../../../shared/agent-protocol.ts";

/** What the connector allows an agent, which belongs to a guest and is hostile until shown otherwise. */
export const AGENT_CONNECT_TIMEOUT_MS = 2_000;

/** From the request to the last byte of a fresh scan: a visitor waits for it. */
export const AGENT_SCAN_TIMEOUT_MS = 1_000;

/** A stream that has said nothing for three `alive` intervals is dead. */
export const AGENT_SILENCE_MS = 3 * AGENT_ALIVE_INTERVAL_MS;

export const AGENT_MAX_HEAD_BYTES = 4_096;

/** After each read the stream rests, so that a babbling agent costs a bounded share of a core. */
export const AGENT_READ_PAUSE_MS = 10;

export const AGENT_FIRST_RETRY_MS = 100;

/** A guest without an agent is asked this often whether it has one by now. */
export const AGENT_MAX_RETRY_MS = 5_000;
