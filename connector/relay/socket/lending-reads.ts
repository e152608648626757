import * as net from "node:net";
import { MEMORY } from "./memory.ts";
import { findOwner } from "./socket-handler.ts";

const READ_BUFFER_BYTES = 64 * 1024;

/** A reader whose reads have become this small goes back to the shared buffer. */
const BULK_BYTES = 16 * 1024;

/** The event loop hands out one read at a time, so that sockets which are mostly silent need no buffer of their own. */
const sharedBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);

/** What the socket that has just read reads into next; `undefined`: the same. */
let nextBuffer: Buffer<ArrayBuffer> | undefined = sharedBuffer;
let bufferRetained = false;

/**
 * For `net.connect`: such a socket reads without allocating; one that streams does so into a buffer of its own, which
 * is replaced only when a slow receiver still holds it. Without an owner it behaves like any other socket.
 */
export const LENDING_READS = { buffer: takeNextBuffer, callback: onRead };

/**
 * Lets an accepted socket read in the same way. Node has `onread` for outgoing sockets only; what it sets there is set
 * here. On a Node that keeps it elsewhere the socket reads as usual, which costs about an eighth more per request.
 */
export function lendReads(socket: net.Socket): void {
  const { _handle: handle } = socket as unknown as {
    _handle: { useUserBuffer?(buffer: Buffer): void } | null;
  };
  if (ONREAD_FIELDS === undefined || handle?.useUserBuffer === undefined || socket.readableLength > 0) return;
  const [buffer, callback, generator] = ONREAD_FIELDS;
  const fields = { [buffer]: sharedBuffer, [callback]: onRead, [generator]: takeNextBuffer };
  handle.useUserBuffer(sharedBuffer);
  Object.assign(socket, fields);
}

/** This Node lets an accepted socket read like an outgoing one. */
export function canLendReads(): boolean {
  return ONREAD_FIELDS !== undefined;
}

/** The lent bytes at hand are still needed when their receiver returns. */
export function retainBuffer(): void {
  bufferRetained = true;
}

/** Asked once before a socket's first read, and then after each one. */
function takeNextBuffer(): Buffer<ArrayBuffer> {
  const buffer = nextBuffer;
  nextBuffer = sharedBuffer;
  // Node keeps the buffer where it gets none, which its types do not say.
  return buffer as Buffer<ArrayBuffer>;
}

function onRead(this: net.Socket, length: number, buffer: Uint8Array): boolean {
  const bytes = buffer as Buffer<ArrayBuffer>;
  const owner = findOwner(this);
  if (owner === undefined) return this.push(Buffer.from(bytes.subarray(0, length)));
  bufferRetained = false;
  owner.onBytes(bytes, length, bytes === sharedBuffer ? MEMORY.shared : MEMORY.lent);
  const next = length < BULK_BYTES ? sharedBuffer : bulkBuffer(bytes);
  nextBuffer = next === bytes ? undefined : next;
  return true;
}

function bulkBuffer(bytes: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  return bufferRetained || bytes === sharedBuffer ? Buffer.allocUnsafeSlow(READ_BUFFER_BYTES) : bytes;
}

/** Where this Node keeps `onread`: buffer, callback, generator of buffers. */
const ONREAD_FIELDS = findOnreadFields();

function findOnreadFields(): readonly [symbol, symbol, symbol] | undefined {
  const probe = new net.Socket({ onread: LENDING_READS });
  const symbols = Object.getOwnPropertySymbols(probe);
  const [buffer, callback, generator] = ["kBuffer", "kBufferCb", "kBufferGen"].map((name) =>
    symbols.find(({ description }) => description === name),
  );
  return buffer && callback && generator ? [buffer, callback, generator] : undefined;
}
