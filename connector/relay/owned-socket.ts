import type * as net from "node:net";

/** Whoever is responsible for a socket at the moment; a socket changes owners as it goes from pool to tunnel. */
export interface SocketOwner {
  /**
   * Bytes have come: `bytes` from 0 to `length`.
   *
   * @param memory whose the bytes are when this call returns; see `writePiece`
   */
  onBytes(bytes: Buffer, length: number, memory: Memory): void;
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

/**
 * Whose memory bytes are in: the owner's own; shared with all other sockets, so that whatever must stay is copied;
 * or lent, so that whoever must keep it says so by `keepLent`.
 */
export const MEMORY = { own: 0, shared: 1, lent: 2 } as const;
export type Memory = (typeof MEMORY)[keyof typeof MEMORY];

const READ_BUFFER_BYTES = 64 * 1024;

/** A reader whose reads have become this small goes back to the shared buffer. */
const BULK_BYTES = 16 * 1024;

/** The event loop hands out one read at a time, so that sockets which are mostly silent need no buffer of their own. */
const sharedBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);

let nextBuffer: Buffer<ArrayBuffer> = sharedBuffer;
let keptLent = false;

/**
 * For `net.connect`: such a socket reads without allocating; one that streams does so into a buffer of its own, which
 * is replaced only when a slow receiver still holds it. Without an owner it behaves like any other socket.
 */
export const LENDING_READS = { buffer: takeNextBuffer, callback: onRead };

/** Asked once before a socket's first read, and then after each one. */
function takeNextBuffer(): Buffer<ArrayBuffer> {
  const buffer = nextBuffer;
  nextBuffer = sharedBuffer;
  return buffer;
}

function onRead(this: OwnedSocket, length: number, buffer: Uint8Array): boolean {
  const bytes = buffer as Buffer<ArrayBuffer>;
  const owner = this[OWNER];
  if (owner === undefined) return this.push(Buffer.from(bytes.subarray(0, length)));
  keptLent = false;
  owner.onBytes(bytes, length, bytes === sharedBuffer ? MEMORY.shared : MEMORY.lent);
  nextBuffer = length < BULK_BYTES ? sharedBuffer : bulkBuffer(bytes);
  return true;
}

function bulkBuffer(bytes: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  return keptLent || bytes === sharedBuffer ? Buffer.allocUnsafeSlow(READ_BUFFER_BYTES) : bytes;
}

/** The lent bytes at hand are still needed when `onBytes` returns. */
export function keepLent(): void {
  keptLent = true;
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
  this[OWNER]!.onBytes(bytes, bytes.length, MEMORY.own);
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

/** Ends a socket so that its peer cannot take what it got for complete: by a reset (RFC 9293, section 3.10.7). */
export function tear(socket: net.Socket): void {
  // TLS has no reset, but its peer misses close_notify (RFC 8446, section 6.1); a pipe has neither address nor reset.
  const hasReset = !("encrypted" in socket) && socket.remoteFamily !== undefined;
  if (hasReset && !socket.destroyed) socket.resetAndDestroy();
  else socket.destroy();
}
