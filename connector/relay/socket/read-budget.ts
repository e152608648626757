import type * as net from "node:net";

/**
 * What all sockets that have more to read may read in one turn of the event loop; 64 KiB a socket at least. libuv reads
 * up to 32 buffers from one socket before it turns to the next, so 8 downloads would hold up all others by 16 MiB.
 */
export const TURN_BYTES = 512 * 1024;
export const MIN_ROW_BYTES = 64 * 1024;

/** What a read costs at least: a peer may send TLS records of one byte. */
export const MIN_READ_COST_BYTES = 1024;

/** The socket that was read last, and what was read from it without another one in between. */
let current: net.Socket | undefined;
let rowBytes = 0;

/** The sockets that have used their part of this turn. */
let stopped: net.Socket[] = [];

/** About how many sockets used their part in the last turns. */
let eager = 1;
let rowBytesAllowed = TURN_BYTES;

/**
 * Counts a read.
 *
 * @returns false where the socket must not be read on in this turn; it is resumed in the next, unless it is paused then
 */
export function mayReadOn(socket: net.Socket, length: number): boolean {
  if (socket !== current) {
    current = socket;
    rowBytes = 0;
  }
  rowBytes += Math.max(length, MIN_READ_COST_BYTES);
  if (rowBytes < rowBytesAllowed) return true;
  rowBytes = 0;
  // Its receiver is slow, and resumes it.
  if (socket.isPaused()) return true;
  if (stopped.length === 0) setImmediate(beginTurn);
  // What TLS has decrypted already comes all the same: a socket that is stopped again must not count as several.
  if (stopped.at(-1) !== socket) stopped.push(socket);
  return false;
}

/** Every event of the former turn has been handled. */
function beginTurn(): void {
  const resumed = stopped;
  stopped = [];
  current = undefined;
  // A socket that was quick enough to be empty for one turn belongs to the next again.
  eager = Math.max(resumed.length, eager - 1);
  rowBytesAllowed = Math.max(MIN_ROW_BYTES, Math.floor(TURN_BYTES / eager));
  for (const socket of resumed) if (!socket.isPaused()) socket.resume();
}
