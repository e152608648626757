import type * as net from "node:net";
import { findOwner } from "./socket-handler.ts";

/** Node's own way to a socket's handle, below its streams. */
interface StreamBinding {
  readonly WriteWrap: new () => WriteRequest;
  readonly streamBaseState: Int32Array;
  readonly kLastWriteWasAsync: number;
}

interface WriteRequest {
  socket?: net.Socket;
  oncomplete?(status: number): void;
}

interface Handle {
  /** 0, or a system's error as a negative number. */
  writeLatin1String(request: WriteRequest, text: string): number;
}

interface PlainOrTlsSocket {
  readonly _handle: Handle | null;
  readonly encrypted?: boolean;
}

const BINDING = findStreamBinding();

/** Belongs to no write: the kernel took the last one at once. */
let spare: WriteRequest | undefined = BINDING && new BINDING.WriteWrap();

/** Texts go to a socket's handle without passing its stream. */
export function canWriteDirectly(): boolean {
  return BINDING !== undefined;
}

/**
 * Writes latin1 text, past the socket's stream where nothing waits in it: that is a twentieth of what a small exchange
 * costs. On a Node that keeps its handles elsewhere, and to TLS, which encrypts on the way, the stream writes.
 *
 * @returns false where the receiver is slow and the sender should pause until its `onDrain`
 */
export function writeText(socket: net.Socket, text: string): boolean {
  const { _handle: handle, encrypted } = socket as unknown as PlainOrTlsSocket;
  const waits = socket.writableLength > 0 || socket.writableCorked > 0 || socket.writableEnded;
  if (BINDING === undefined || handle === null || waits || encrypted === true) {
    return socket.write(text, "latin1");
  }
  const request = spare!;
  const error = handle.writeLatin1String(request, text);
  if (error !== 0) {
    socket.destroy(new Error(`write failed: ${error}`));
    return false;
  }
  if (BINDING.streamBaseState[BINDING.kLastWriteWasAsync] === 0) return true;
  spare = new BINDING.WriteWrap();
  request.socket = socket;
  request.oncomplete = onComplete;
  // The stream holds everything else back meanwhile, and counts it.
  socket.cork();
  return false;
}

function onComplete(this: WriteRequest, status: number): void {
  const socket = this.socket!;
  if (status < 0) socket.destroy(new Error(`write failed: ${status}`));
  if (socket.destroyed) return;
  socket.uncork();
  if (!socket.writableNeedDrain) findOwner(socket)?.onDrain();
}

function findStreamBinding(): StreamBinding | undefined {
  const { binding } = process as unknown as { binding?(name: string): Partial<StreamBinding> };
  try {
    const found = binding?.("stream_wrap");
    const isComplete = found?.WriteWrap && found.streamBaseState && found.kLastWriteWasAsync !== undefined;
    return isComplete ? (found as StreamBinding) : undefined;
  } catch {
    return undefined;
  }
}
