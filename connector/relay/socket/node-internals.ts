import * as net from "node:net";

/*
 * All use of what Node keeps private about its sockets. On a Node that hides or moves any of it the functions below do
 * nothing and say so; their callers then use the public API, which costs more CPU and changes nothing else.
 */

/** As `net.connect` takes it in its option `onread`. */
export interface OnRead {
  /** Called before the first read and after each read; `undefined` keeps the buffer. */
  buffer(): Buffer<ArrayBuffer>;
  callback(this: net.Socket, length: number, buffer: Uint8Array): boolean;
}

/** How a write to a socket's handle went. */
export type HandleWrite = "written" | "pending" | "failed" | "unavailable";

/** `process.binding("stream_wrap")`. */
interface StreamBinding {
  readonly WriteWrap: new () => WriteRequest;
  readonly streamBaseState: Int32Array;
  readonly kLastWriteWasAsync: number;
}

interface WriteRequest {
  socket?: net.Socket;
  onWritten?: (socket: net.Socket) => void;
  oncomplete?(status: number): void;
}

interface Handle {
  useUserBuffer?(buffer: Buffer): void;
  /** 0, or a system's error as a negative number. */
  writeLatin1String?(request: WriteRequest, text: string): number;
}

interface InternalSocket {
  readonly _handle: Handle | null;
  readonly encrypted?: boolean;
}

/** The symbols under which a socket keeps its `onread`: buffer, callback, generator of buffers. */
type OnReadFields = readonly [buffer: symbol, callback: symbol, generator: symbol];

const ON_READ_FIELDS = findOnReadFields();
const BINDING = findStreamBinding();

/** Belongs to no write, because the kernel took the last one at once. */
let spareRequest: WriteRequest | undefined = BINDING && new BINDING.WriteWrap();

/** Whether `setOnRead` can work on this Node. */
export function canSetOnRead(): boolean {
  return ON_READ_FIELDS !== undefined;
}

/** Whether `writeToHandle` can work on this Node. */
export function canWriteToHandle(): boolean {
  return BINDING !== undefined;
}

/**
 * Gives an accepted socket what Node offers to outgoing sockets only, by the option `onread`.
 *
 * @param first the buffer of the first read
 * @returns false where this Node hides its fields or the socket has read already; it then reads as usual
 */
export function setOnRead(socket: net.Socket, onRead: OnRead, first: Buffer): boolean {
  const { _handle: handle } = socket as unknown as InternalSocket;
  if (ON_READ_FIELDS === undefined || handle?.useUserBuffer === undefined || socket.readableLength > 0)
    return false;
  const [buffer, callback, generator] = ON_READ_FIELDS;
  handle.useUserBuffer(first);
  Object.assign(socket, { [buffer]: first, [callback]: onRead.callback, [generator]: onRead.buffer });
  return true;
}

/**
 * Writes latin1 text to a socket's handle, past the socket's stream, in which nothing may be waiting.
 *
 * @param onWritten called after `pending`, once the kernel has all of it; not for a socket destroyed meanwhile
 * @returns `pending` where the kernel took only a part; `failed` where the socket is destroyed now; `unavailable` where
 *   this Node hides its handles, and for TLS, which encrypts in its stream
 */
export function writeToHandle(
  socket: net.Socket,
  text: string,
  onWritten: (socket: net.Socket) => void,
): HandleWrite {
  const { _handle: handle, encrypted } = socket as unknown as InternalSocket;
  if (BINDING === undefined || handle?.writeLatin1String === undefined || encrypted === true)
    return "unavailable";
  const request = spareRequest!;
  const status = handle.writeLatin1String(request, text);
  if (status !== 0) {
    destroyFailed(socket, status);
    return "failed";
  }
  if (BINDING.streamBaseState[BINDING.kLastWriteWasAsync] === 0) return "written";
  spareRequest = new BINDING.WriteWrap();
  request.socket = socket;
  request.onWritten = onWritten;
  request.oncomplete = onComplete;
  return "pending";
}

function onComplete(this: WriteRequest, status: number): void {
  const socket = this.socket!;
  if (status < 0) destroyFailed(socket, status);
  if (!socket.destroyed) this.onWritten!(socket);
}

function destroyFailed(socket: net.Socket, status: number): void {
  socket.destroy(new Error(`write failed: ${status}`));
}

function findOnReadFields(): OnReadFields | undefined {
  const probe = new net.Socket({ onread: { buffer: () => Buffer.alloc(0), callback: () => true } });
  const symbols = Object.getOwnPropertySymbols(probe);
  const [buffer, callback, generator] = ["kBuffer", "kBufferCb", "kBufferGen"].map((name) =>
    symbols.find(({ description }) => description === name),
  );
  return buffer && callback && generator ? [buffer, callback, generator] : undefined;
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
