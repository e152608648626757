import type * as net from "node:net";
import type { OnRead } from "./node-internals.ts";
import { setOnRead } from "./node-internals.ts";
import { findSocketHandler } from "./socket-handler.ts";

const READ_BUFFER_BYTES = 64 * 1024;

/** A socket whose reads become smaller than this goes back to the shared buffer. */
const BULK_BYTES = 16 * 1024;

/** The event loop handles one read at a time, so sockets that are mostly silent need no buffer of their own. */
const sharedBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);

/** The next buffer of the socket that has just been read; `undefined` is the same one. */
let nextBuffer: Buffer<ArrayBuffer> | undefined = sharedBuffer;
let bufferRetained = false;

/**
 * For `net.connect`: such a socket reads without allocating. A socket that streams reads into a buffer of its own, which
 * is replaced only while a slow receiver still holds it. A socket without a handler reads like any other.
 */
export const LENDING_READS: OnRead = { buffer: takeNextBuffer, callback: onRead };

/** Makes an accepted socket read in the same way. Where Node hides that, a request costs about an eighth more. */
export function lendReads(socket: net.Socket): void {
  setOnRead(socket, LENDING_READS, sharedBuffer);
}

/** Keeps the lent bytes of the current `onBytes` call unchanged after it returns. */
export function retainBuffer(): void {
  bufferRetained = true;
}

function takeNextBuffer(): Buffer<ArrayBuffer> {
  const buffer = nextBuffer;
  nextBuffer = sharedBuffer;
  // Node keeps the buffer where it gets `undefined`, which its types do not say.
  return buffer as Buffer<ArrayBuffer>;
}

function onRead(this: net.Socket, length: number, buffer: Uint8Array): boolean {
  const bytes = buffer as Buffer<ArrayBuffer>;
  const handler = findSocketHandler(this);
  if (handler === undefined) return this.push(Buffer.from(bytes.subarray(0, length)));
  bufferRetained = false;
  handler.onBytes(bytes, length, bytes === sharedBuffer ? "shared" : "lent");
  const next = length < BULK_BYTES ? sharedBuffer : bulkBuffer(bytes);
  nextBuffer = next === bytes ? undefined : next;
  return true;
}

function bulkBuffer(bytes: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  return bufferRetained || bytes === sharedBuffer ? Buffer.allocUnsafeSlow(READ_BUFFER_BYTES) : bytes;
}
