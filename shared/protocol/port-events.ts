/**
 * The stream of a sandbox's ports, an event stream of the HTML standard: one `port` event for each port that is open at
 * its beginning, then one for each change, and a comment so that a silent stream can be told from a broken one.
 */

/** A comment is sent after this time without an event. */
export const PORT_PING_MS = 15_000;

/** A stream ends after this time, and its reader opens another: by then its credential may have ended. */
export const MAX_PORT_STREAM_MS = 300_000;

/** Ends a snapshot, so that a reader knows when no further port is open. */
export const PORT_SNAPSHOT_END = "event: ready\ndata: {}\n\n";

export const PORT_PING = ": ping\n\n";

export interface PortChange {
  readonly port: number;
  readonly open: boolean;
}

/** Encodes a change as an event. */
export function encodePortChange({ port, open }: PortChange): string {
  return `event: port\ndata: ${JSON.stringify({ port, open })}\n\n`;
}
