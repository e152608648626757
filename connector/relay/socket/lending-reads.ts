import type * as net from "node:net";
import type { OnRead } from "./node-internals.ts";
import { setOnRead } from "./node-internals.ts";
import { mayReadOn } from "./read-budget.ts";
import type { Loan, ReadBuffer } from "./read-buffers.ts";
import { giveBuffer, openLoan, READ_BUFFER_BYTES, takeBuffer } from "./read-buffers.ts";
import { findSocketHandler } from "./socket-handler.ts";

/** A socket whose reads become smaller than this goes back to the shared buffer. */
const BULK_BYTES = 16 * 1024;

/** The event loop handles one read at a time, so sockets that are mostly silent need no buffer of their own. */
const sharedBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);

/** The next buffer of the socket that has just been read; `undefined` is the same one. */
let nextBuffer: ReadBuffer | undefined = sharedBuffer;
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

/** Keeps the lent bytes of the current `onBytes` call unchanged until the loan is closed. */
export function retainBuffer(loan: Loan): void {
  bufferRetained = true;
  openLoan(loan);
}

function takeNextBuffer(): ReadBuffer {
  const buffer = nextBuffer;
  nextBuffer = sharedBuffer;
  // Node keeps the buffer where it gets `undefined`, which its types do not say.
  return buffer as ReadBuffer;
}

function onRead(this: net.Socket, length: number, buffer: Uint8Array): boolean {
  const bytes = buffer as ReadBuffer;
  const handler = findSocketHandler(this);
  if (handler === undefined) return this.push(Buffer.from(bytes.subarray(0, length)));
  bufferRetained = false;
  handler.onBytes(bytes, length, bytes === sharedBuffer ? "shared" : "lent");
  const next = length < BULK_BYTES ? sharedBuffer : bulkBuffer(bytes);
  if (next === bytes) nextBuffer = undefined;
  else {
    nextBuffer = next;
    if (bytes !== sharedBuffer && !bufferRetained) giveBuffer(bytes);
  }
  return mayReadOn(this, length);
}

function bulkBuffer(bytes: ReadBuffer): ReadBuffer {
  return bufferRetained || bytes === sharedBuffer ? takeBuffer() : bytes;
}
