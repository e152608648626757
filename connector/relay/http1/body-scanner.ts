/** How a message says where its body ends (RFC 9112, section 6.3). */
export type BodyKind = "none" | "length" | "chunked" | "untilClose";

/** States of the chunked coding (RFC 9112, section 7.1), in the order in which they are passed through. */
type ChunkState =
  | "sizeStart"
  | "size"
  | "extensionName"
  | "extensionValue"
  | "quoted"
  | "quotedPair"
  | "quotedEnd"
  | "sizeLf"
  | "data"
  | "dataCr"
  | "dataLf"
  | "trailerStart"
  | "trailerName"
  | "trailerValue"
  | "trailerLf"
  | "endLf";

/** 13 hexadecimal digits stay below 2^53. */
const MAX_SIZE_DIGITS = 13;

/** Of the extensions and trailers of one body together, which are read and dropped. */
const MAX_DROPPED_BYTES = 16 * 1024;

const CR = 13;
const LF = 10;
const TAB = 9;
const QUOTE = 34;
const COLON = 58;
const SEMICOLON = 59;
const EQUALS = 61;
const BACKSLASH = 92;

const HEX = new Int8Array(256).fill(-1);
for (let value = 0; value < 16; value++) {
  HEX[value.toString(16).charCodeAt(0)] = value;
  HEX[value.toString(16).toUpperCase().charCodeAt(0)] = value;
}

const IS_TOKEN = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  IS_TOKEN[character.charCodeAt(0)] = 1;
}

/**
 * Finds the end of one body in the bytes of its connection, and checks its framing.
 *
 * Chunk extensions and trailers are removed in place, and so is all framing for a receiver of HTTP/1.0. A body without
 * them, which is nearly every body, is not copied.
 */
export class BodyScanner {
  /** The body has ended. */
  done = true;
  /** The framing is invalid, so nothing that follows on the connection can be trusted. */
  failed = false;
  /** How many bytes of the last `scan` the receiver gets; they begin at its `start`. */
  kept = 0;

  #kind: BodyKind = "none";
  #remaining = 0;
  #state: ChunkState = "sizeStart";
  #digits = 0;
  #dropped = 0;
  #keepFraming = true;

  /**
   * @param length of a body with `Content-Length`; else ignored
   * @param keepFraming the receiver understands the chunked coding
   */
  start(kind: BodyKind, length: number, keepFraming: boolean): void {
    this.#kind = kind;
    this.#remaining = length;
    this.#state = "sizeStart";
    this.#digits = 0;
    this.#dropped = 0;
    this.#keepFraming = keepFraming;
    this.failed = false;
    this.done = kind === "none" || (kind === "length" && length === 0);
  }

  /**
   * Reads `bytes` from `start` to `end`, and may change them.
   *
   * @returns where the body's part ends
   */
  scan(bytes: Uint8Array, start: number, end: number): number {
    if (this.done) return this.#take(0, start);
    if (this.#kind === "chunked") return this.#scanChunks(bytes, start, end);
    if (this.#kind === "untilClose") return this.#take(end - start, end);
    const length = Math.min(this.#remaining, end - start);
    this.#remaining -= length;
    this.done = this.#remaining === 0;
    return this.#take(length, start + length);
  }

  /** Whether the body is complete if the connection ends now. */
  endsAtClose(): boolean {
    return this.done || this.#kind === "untilClose";
  }

  #take(kept: number, position: number): number {
    this.kept = kept;
    return position;
  }

  #scanChunks(bytes: Uint8Array, start: number, end: number): number {
    let read = start;
    let write = start;
    while (read < end && !this.done) {
      if (this.#state === "data") {
        const length = Math.min(this.#remaining, end - read);
        if (write !== read) bytes.copyWithin(write, read, read + length);
        read += length;
        write += length;
        this.#remaining -= length;
        if (this.#remaining === 0) this.#state = "dataCr";
        continue;
      }
      const byte = bytes[read++]!;
      const keep = this.#step(byte);
      if (this.failed) break;
      if (keep && this.#keepFraming) bytes[write++] = byte;
    }
    return this.#take(write - start, read);
  }

  /** Reads one byte of framing; true where the receiver gets it. */
  #step(byte: number): boolean {
    switch (this.#state) {
      case "sizeStart":
        this.#remaining = HEX[byte]!;
        this.#digits = 1;
        this.#state = "size";
        return this.#require(HEX[byte] !== -1);
      case "size":
        return this.#stepSize(byte);
      case "extensionName":
      case "extensionValue":
      case "quoted":
      case "quotedPair":
      case "quotedEnd":
        return this.#stepExtension(byte);
      case "sizeLf":
        this.#state = this.#remaining === 0 ? "trailerStart" : "data";
        return this.#require(byte === LF);
      case "dataCr":
        this.#state = "dataLf";
        return this.#require(byte === CR);
      case "dataLf":
        this.#state = "sizeStart";
        return this.#require(byte === LF);
      case "endLf":
        this.done = true;
        return this.#require(byte === LF);
      default:
        return this.#stepTrailer(byte);
    }
  }

  #stepSize(byte: number): boolean {
    const value = HEX[byte]!;
    if (value !== -1) {
      this.#remaining = this.#remaining * 16 + value;
      return this.#require(++this.#digits <= MAX_SIZE_DIGITS);
    }
    return this.#endOfSize(byte);
  }

  #stepExtension(byte: number): boolean {
    switch (this.#state) {
      case "quoted":
        if (byte === QUOTE) this.#state = "quotedEnd";
        else if (byte === BACKSLASH) this.#state = "quotedPair";
        return this.#drop(isFieldText(byte));
      case "quotedPair":
        this.#state = "quoted";
        return this.#drop(isFieldText(byte));
      case "quotedEnd":
        return this.#endOfSize(byte);
    }
    if (IS_TOKEN[byte] === 1) {
      this.#digits++;
      return this.#drop(true);
    }
    const inName = this.#state === "extensionName";
    const empty = this.#digits === 0;
    this.#digits = 0;
    if (inName && byte === EQUALS) {
      this.#state = "extensionValue";
      return this.#drop(!empty);
    }
    if (!inName && empty && byte === QUOTE) {
      this.#state = "quoted";
      return this.#drop(true);
    }
    return this.#require(!empty) && this.#endOfSize(byte);
  }

  #endOfSize(byte: number): boolean {
    this.#digits = 0;
    if (byte === SEMICOLON) {
      this.#state = "extensionName";
      return this.#drop(true);
    }
    this.#state = "sizeLf";
    return this.#require(byte === CR);
  }

  #stepTrailer(byte: number): boolean {
    switch (this.#state) {
      case "trailerStart":
        this.#state = byte === CR ? "endLf" : "trailerName";
        return byte === CR || this.#drop(IS_TOKEN[byte] === 1);
      case "trailerName":
        if (byte === COLON) this.#state = "trailerValue";
        return this.#drop(byte === COLON || IS_TOKEN[byte] === 1);
      case "trailerValue":
        if (byte === CR) this.#state = "trailerLf";
        return this.#drop(byte === CR || isFieldText(byte));
      default:
        this.#state = "trailerStart";
        return this.#drop(byte === LF);
    }
  }

  #require(valid: boolean): boolean {
    if (!valid) this.failed = true;
    return valid;
  }

  #drop(valid: boolean): false {
    this.#require(valid && ++this.#dropped <= MAX_DROPPED_BYTES);
    return false;
  }
}

/** Visible, space, tab or obs-text. */
function isFieldText(byte: number): boolean {
  return (byte >= 32 && byte !== 127) || byte === TAB;
}
