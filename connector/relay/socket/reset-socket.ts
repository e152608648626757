import type * as net from "node:net";

/** Ends a socket by a reset (RFC 9293, section 3.10.7), so that its peer cannot take what it received for complete. */
export function resetSocket(socket: net.Socket): void {
  // TLS has no reset, but its peer misses close_notify (RFC 8446, section 6.1); a pipe has neither address nor reset.
  const hasReset = !("encrypted" in socket) && socket.remoteFamily !== undefined;
  if (hasReset && !socket.destroyed) socket.resetAndDestroy();
  else socket.destroy();
}
