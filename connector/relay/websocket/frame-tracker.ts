/** What the next byte of a frame's head is a part of (RFC 6455, section 5.2). */
type HeadPart = "opcode" | "length" | "extendedLength";

const MASK_BIT = 0x80;
const LENGTH_BITS = 0x7f;
const LENGTH_IN_2_BYTES = 126;
const LENGTH_IN_8_BYTES = 127;
const MASK_BYTES = 4;

/** Follows one direction of a WebSocket to know where its frames end. It reads nothing but their lengths. */
export class FrameTracker {
  /** Frames whose heads have come. */
  count = 0;
  #part: HeadPart = "opcode";
  /** Bytes of the extended length that are still to come. */
  #lengthBytes = 0;
  #length = 0;
  #mask = 0;
  /** Bytes of the masking key and the payload that are still to come. */
  #rest = 0;

  /** All frames so far are complete. */
  get atBoundary(): boolean {
    return this.#rest === 0 && this.#part === "opcode";
  }

  /** Takes bytes from `start` to `end` into account. */
  follow(bytes: Uint8Array, start: number, end: number): void {
    while (start < end) start = this.#step(bytes, start, end);
  }

  /**
   * Takes bytes from `start` into account up to where a frame ends.
   *
   * @returns that place, or `end` where no frame ends
   */
  followToBoundary(bytes: Uint8Array, start: number, end: number): number {
    do start = this.#step(bytes, start, end);
    while (start < end && !this.atBoundary);
    return start;
  }

  #step(bytes: Uint8Array, at: number, end: number): number {
    if (this.#rest > 0) {
      const skipped = Math.min(this.#rest, end - at);
      this.#rest -= skipped;
      return at + skipped;
    }
    this.#readHead(bytes[at]!);
    return at + 1;
  }

  #readHead(byte: number): void {
    switch (this.#part) {
      case "opcode":
        this.#part = "length";
        break;
      case "length":
        this.#length = byte & LENGTH_BITS;
        this.#mask = (byte & MASK_BIT) === 0 ? 0 : MASK_BYTES;
        if (this.#length < LENGTH_IN_2_BYTES) this.#beginPayload();
        else this.#beginExtendedLength(this.#length === LENGTH_IN_8_BYTES ? 8 : 2);
        break;
      case "extendedLength":
        this.#length = this.#length * 256 + byte;
        if (--this.#lengthBytes === 0) this.#beginPayload();
        break;
    }
  }

  #beginExtendedLength(bytes: number): void {
    this.#part = "extendedLength";
    this.#lengthBytes = bytes;
    this.#length = 0;
  }

  #beginPayload(): void {
    this.#part = "opcode";
    this.#rest = this.#mask + this.#length;
    this.count++;
  }
}
