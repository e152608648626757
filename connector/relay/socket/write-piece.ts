import type * as net from "node:net";
import { retainBuffer } from "./lending-reads.ts";
import type { Memory } from "./memory.ts";
import type { Loan, ReadBuffer } from "./read-buffers.ts";
import { closeLoan } from "./read-buffers.ts";
import { writeText } from "./write-text.ts";

/** Up to here Node writes a string at once from the stack (`StreamBase::WriteString`), which is cheaper than a copy. */
const MAX_TEXT_BYTES = 16 * 1024;

/**
 * Writes `bytes` from `start` to `end`.
 *
 * @param memory who may write to `bytes` after this call has returned
 * @returns false where the receiver is slow and the sender should pause
 */
export function writePiece(
  socket: net.Socket,
  bytes: Buffer,
  start: number,
  end: number,
  memory: Memory,
): boolean {
  if (memory === "shared" && end - start <= MAX_TEXT_BYTES) {
    return writeText(socket, bytes.toString("latin1", start, end));
  }
  const piece = bytes.subarray(start, end);
  if (memory !== "lent") return socket.write(memory === "shared" ? Buffer.from(piece) : piece);
  const loan: Loan = { buffer: bytes as ReadBuffer, open: false };
  const canContinue = socket.write(piece, (error) => closeLoan(loan, error != null));
  // What the kernel took at once is not needed any more.
  if (socket.writableLength > 0) retainBuffer(loan);
  return canContinue;
}
