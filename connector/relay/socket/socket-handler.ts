import type * as net from "node:net";
import type { Memory } from "./memory.ts";

/** Receives the events of a socket. A socket that becomes part of a tunnel gets another handler. */
export interface SocketHandler {
  /**
   * Bytes have come: `bytes` from 0 to `length`.
   *
   * @param memory who may write to `bytes` after this call has returned
   */
  onBytes(bytes: Buffer, length: number, memory: Memory): void;
  /** The kernel has taken all written bytes. */
  onDrain(): void;
  /** The peer has finished sending. */
  onEnd(): void;
  /** The socket is closed; always the last call. */
  onClose(): void;
}

const HANDLER = Symbol("handler");

interface HandledSocket extends net.Socket {
  [HANDLER]?: SocketHandler;
}

/** The socket's handler, if one has been set. */
export function findSocketHandler(socket: net.Socket): SocketHandler | undefined {
  return (socket as HandledSocket)[HANDLER];
}

/** Sends all further events of the socket to `handler`. The first handler makes the socket start reading. */
export function setSocketHandler(socket: net.Socket, handler: SocketHandler): void {
  const handled: HandledSocket = socket;
  const first = handled[HANDLER] === undefined;
  handled[HANDLER] = handler;
  if (!first) return;
  socket.allowHalfOpen = true;
  socket.on("data", onData);
  socket.on("drain", onDrain);
  socket.on("end", onEnd);
  socket.on("error", onError);
  socket.on("close", onClose);
  socket.resume();
}

function onData(this: HandledSocket, bytes: Buffer): void {
  this[HANDLER]!.onBytes(bytes, bytes.length, "own");
}

function onDrain(this: HandledSocket): void {
  this[HANDLER]!.onDrain();
}

function onEnd(this: HandledSocket): void {
  this[HANDLER]!.onEnd();
}

/** Node emits "close" after "error", and handlers need no more than that. */
function onError(): void {}

function onClose(this: HandledSocket): void {
  this[HANDLER]!.onClose();
}
