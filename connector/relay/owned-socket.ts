import type * as net from "node:net";

/** Whoever is responsible for a socket at the moment; a socket changes owners as it goes from pool to tunnel. */
export interface SocketOwner {
  /**
   * Bytes have come: `bytes` from 0 to `length`.
   *
   * @param lent the memory is used again after this call returns: copy what must stay
   */
  onBytes(bytes: Buffer, length: number, lent: boolean): void;
  /** All written bytes are with the kernel. */
  onDrain(): void;
  /** The peer has finished sending. */
  onEnd(): void;
  /** The socket is gone; always the last call. */
  onClose(): void;
}

const OWNER = Symbol("owner");

interface OwnedSocket extends net.Socket {
  [OWNER]?: SocketOwner;
}

const READ_BUFFER_BYTES = 64 * 1024;

/** Every lending socket reads into this one: the event loop hands out one read at a time. */
const readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);

/**
 * For `net.connect`: such a socket reads without allocating, and lends its owner the bytes. Without an owner it
 * behaves like any other socket.
 */
export const LENDING_READS = { buffer: readBuffer, callback: lend };

function lend(this: OwnedSocket, length: number, bytes: Uint8Array): boolean {
  const owner = this[OWNER];
  if (owner === undefined) return this.push(Buffer.from(bytes.subarray(0, length)));
  owner.onBytes(bytes as Buffer, length, true);
  return true;
}

/** Makes `owner` the one who hears of this socket. */
export function own(socket: net.Socket, owner: SocketOwner): void {
  const owned: OwnedSocket = socket;
  const first = owned[OWNER] === undefined;
  owned[OWNER] = owner;
  if (!first) return;
  socket.allowHalfOpen = true;
  socket.on("data", onData);
  socket.on("drain", onDrain);
  socket.on("end", onEnd);
  socket.on("error", onError);
  socket.on("close", onClose);
  socket.resume();
}

function onData(this: OwnedSocket, bytes: Buffer): void {
  this[OWNER]!.onBytes(bytes, bytes.length, false);
}

function onDrain(this: OwnedSocket): void {
  this[OWNER]!.onDrain();
}

function onEnd(this: OwnedSocket): void {
  this[OWNER]!.onEnd();
}

/** "close" follows, and says all that an owner needs. */
function onError(): void {}

function onClose(this: OwnedSocket): void {
  this[OWNER]!.onClose();
}

/** Ends a socket so that its peer cannot take what it got for complete (RFC 9293, section 3.10.7: a reset). */
export function tear(socket: net.Socket): void {
  // A TLS socket has no reset; without close_notify its peer sees the truncation (RFC 8446, section 6.1).
  if ("encrypted" in socket) socket.destroy();
  else if (!socket.destroyed) socket.resetAndDestroy();
}
