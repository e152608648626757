import type * as net from "node:net";
import { MEMORY, type Memory } from "./memory.ts";

/** Whoever is responsible for a socket at the moment; a socket changes owners as it goes from pool to tunnel. */
export interface SocketHandler {
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
  [OWNER]?: SocketHandler;
}

/** The one responsible for this socket, if it has one yet. */
export function findOwner(socket: net.Socket): SocketHandler | undefined {
  return (socket as OwnedSocket)[OWNER];
}

/** Makes `owner` the one who hears of this socket. */
export function own(socket: net.Socket, owner: SocketHandler): void {
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
