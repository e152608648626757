/** What the bytes of a frame's head say next (RFC 6455, section 5.2). */
const PART = { opcode: 0, length: 1, extendedLength: 2 } as const;

const MASK_BIT = 0x80;
const LENGTH_BITS = 0x7f;
const LENGTH_IN_2_BYTES = 126;
const LENGTH_IN_8_BYTES = 127;
const MASK_BYTES = 4;

/** Follows one direction of a WebSocket to know where its frames end; looks at nothing but their lengths. */
export class FrameTracker {
  #part: number = PART.opcode;
  /** Of the extended length. */
  #lengthBytes = 0;
  #length = 0;
  #mask = 0;
  /** Masking key and payload that are still to come. */
  #rest = 0;

  /** All frames so far have come to their end. */
  get atBoundary(): boolean {
    return this.#rest === 0 && this.#part === PART.opcode;
  }

  /** Takes bytes from `start` to `end` into account. */
  follow(bytes: Uint8Array, start: number, end: number): void {
    while (start < end) start = this.#step(bytes, start, end);
  }

  /**
   * Takes bytes from `start` into account up to where a frame ends.
   *
   * @returns that place, or `end` where none of them does
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
      case PART.opcode:
        this.#part = PART.length;
        break;
      case PART.length:
        this.#length = byte & LENGTH_BITS;
        this.#mask = (byte & MASK_BIT) === 0 ? 0 : MASK_BYTES;
        if (this.#length < LENGTH_IN_2_BYTES) this.#beginPayload();
        else this.#beginExtendedLength(this.#length === LENGTH_IN_8_BYTES ? 8 : 2);
        break;
      case PART.extendedLength:
        this.#length = this.#length * 256 + byte;
        if (--this.#lengthBytes === 0) this.#beginPayload();
        break;
    }
  }

  #beginExtendedLength(bytes: number): void {
    this.#part = PART.extendedLength;
    this.#lengthBytes = bytes;
    this.#length = 0;
  }

  #beginPayload(): void {
    this.#part = PART.opcode;
    this.#rest = this.#mask + this.#length;
  }
}
