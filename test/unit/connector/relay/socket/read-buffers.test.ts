import { describe, expect, test } from "vitest";
import type { Loan } from "../../../../../connector/relay/socket/read-buffers.ts";
import {
  closeLoan,
  countSpareBuffers,
  giveBuffer,
  MAX_SPARE_BUFFERS,
  openLoan,
  takeBuffer,
} from "../../../../../connector/relay/socket/read-buffers.ts";

/** Two writes that read from the same buffer. */
function lendTwice(): { buffer: Loan["buffer"]; first: Loan; second: Loan } {
  const buffer = takeBuffer();
  const first = { buffer, open: false };
  const second = { buffer, open: false };
  openLoan(first);
  openLoan(second);
  return { buffer, first, second };
}

describe("closeLoan()", () => {
  test("gives a buffer back after the last write that reads from it", () => {
    const { buffer, first, second } = lendTwice();
    const spare = countSpareBuffers();
    closeLoan(first, false);
    expect(countSpareBuffers()).toBe(spare);
    closeLoan(second, false);
    expect(takeBuffer()).toBe(buffer);
  });

  test("gives a buffer back once", () => {
    const { first, second } = lendTwice();
    const spare = countSpareBuffers();
    for (const loan of [first, second, first, second]) closeLoan(loan, false);
    expect(countSpareBuffers()).toBe(spare + 1);
  });

  test("never uses a buffer again of which a write failed", () => {
    const { first, second } = lendTwice();
    const spare = countSpareBuffers();
    closeLoan(first, true);
    closeLoan(second, false);
    expect(countSpareBuffers()).toBe(spare);
  });

  test("does nothing for a write that ended at once", () => {
    const spare = countSpareBuffers();
    closeLoan({ buffer: takeBuffer(), open: false }, false);
    expect(countSpareBuffers()).toBeLessThanOrEqual(spare);
  });
});

describe("giveBuffer()", () => {
  test("keeps a bounded number of buffers", () => {
    for (let count = 0; count < 2 * MAX_SPARE_BUFFERS; count++) giveBuffer(Buffer.alloc(1));
    expect(countSpareBuffers()).toBe(MAX_SPARE_BUFFERS);
  });
});
