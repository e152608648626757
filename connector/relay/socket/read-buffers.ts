/** As much as libuv reads at once; one read of it costs less than several smaller ones. */
export const READ_BUFFER_BYTES = 64 * 1024;

/** Buffers kept for the next reads: 4 MiB. More would be in use at once only beside slow receivers. */
export const MAX_SPARE_BUFFERS = 64;

export type ReadBuffer = Buffer<ArrayBuffer>;

const LOANS = Symbol("loans");

interface LentBuffer extends ReadBuffer {
  [LOANS]?: number;
}

/** One write that reads from a buffer until its callback. */
export interface Loan {
  readonly buffer: ReadBuffer;
  open: boolean;
}

const spare: ReadBuffer[] = [];

/** How many buffers wait for a next read. */
export function countSpareBuffers(): number {
  return spare.length;
}

/** A buffer with any content. External memory that is given up forces full collections, so it is used again. */
export function takeBuffer(): ReadBuffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
}

/** Nothing reads from this buffer any more, and nothing reads into it. */
export function giveBuffer(buffer: ReadBuffer): void {
  if (spare.length < MAX_SPARE_BUFFERS) spare.push(buffer);
}

/** A write has not ended at once, so its bytes must stay unchanged. */
export function openLoan(loan: Loan): void {
  const buffer: LentBuffer = loan.buffer;
  loan.open = true;
  buffer[LOANS] = (buffer[LOANS] ?? 0) + 1;
}

/**
 * The write has ended. The last one of a buffer gives it back, unless it failed: a handle that is being closed may hold
 * the bytes for longer than the stream does.
 */
export function closeLoan(loan: Loan, failed: boolean): void {
  if (!loan.open) return;
  const buffer: LentBuffer = loan.buffer;
  loan.open = false;
  // One failed write keeps the count above zero for ever: the buffer is left to the garbage collector.
  if (failed) return;
  buffer[LOANS]!--;
  if (buffer[LOANS] === 0) giveBuffer(buffer);
}
