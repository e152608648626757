/** How a message says where its body ends (RFC 9112, section 6.3). */
export const BODY = { none: 0, length: 1, chunked: 2, untilClose: 3 } as const;
export type BodyKind = (typeof BODY)[keyof typeof BODY];

/** States of the chunked coding (RFC 9112, section 7.1), in the order in which they are passed through. */
const CHUNK = {
  sizeStart: 0,
  size: 1,
  extensionName: 2,
  extensionValue: 3,
  quoted: 4,
  quotedPair: 5,
  quotedEnd: 6,
  sizeLf: 7,
  data: 8,
  dataCr: 9,
  dataLf: 10,
  trailerStart: 11,
  trailerName: 12,
  trailerValue: 13,
  trailerLf: 14,
  endLf: 15,
} as const;

/** 13 hexadecimal digits stay below 2^53. */
const MAX_SIZE_DIGITS = 13;

/** Extensions and trailers of one body together: they are read and dropped, so they need no more. */
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
 * Finds the end of one body in the bytes of its connection, and checks its framing on the way.
 *
 * What may not travel on (chunk extensions, trailers; the whole framing for a receiver that knows no chunks) is
 * taken out in place, so that a body without them, which is nearly every body, costs no copy.
 */
export class BodyScanner {
  /** The body has ended. */
  done = true;
  /** The framing is broken; nothing of the connection can be trusted any more. */
  failed = false;
  /** How many bytes of the last `scan` travel on; they are at its `start`. */
  kept = 0;

  #kind: BodyKind = BODY.none;
  #remaining = 0;
  #state: number = CHUNK.sizeStart;
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
    this.#state = CHUNK.sizeStart;
    this.#digits = 0;
    this.#dropped = 0;
    this.#keepFraming = keepFraming;
    this.failed = false;
    this.done = kind === BODY.none || (kind === BODY.length && length === 0);
  }

  /**
   * Reads `bytes` from `start` to `end`, and may rewrite them.
   *
   * @returns where the body's part ends
   */
  scan(bytes: Uint8Array, start: number, end: number): number {
    if (this.done) return this.#take(0, start);
    if (this.#kind === BODY.chunked) return this.#scanChunks(bytes, start, end);
    if (this.#kind === BODY.untilClose) return this.#take(end - start, end);
    const length = Math.min(this.#remaining, end - start);
    this.#remaining -= length;
    this.done = this.#remaining === 0;
    return this.#take(length, start + length);
  }

  /** The connection has ended: true where that is how the body ends. */
  endsAtClose(): boolean {
    return this.done || this.#kind === BODY.untilClose;
  }

  #take(kept: number, position: number): number {
    this.kept = kept;
    return position;
  }

  #scanChunks(bytes: Uint8Array, start: number, end: number): number {
    let read = start;
    let write = start;
    while (read < end && !this.done) {
      if (this.#state === CHUNK.data) {
        const length = Math.min(this.#remaining, end - read);
        if (write !== read) bytes.copyWithin(write, read, read + length);
        read += length;
        write += length;
        this.#remaining -= length;
        if (this.#remaining === 0) this.#state = CHUNK.dataCr;
        continue;
      }
      const byte = bytes[read++]!;
      const keep = this.#step(byte);
      if (this.failed) break;
      if (keep && this.#keepFraming) bytes[write++] = byte;
    }
    return this.#take(write - start, read);
  }

  /** Takes one byte of framing; true where it travels on. */
  #step(byte: number): boolean {
    switch (this.#state) {
      case CHUNK.sizeStart:
        this.#remaining = HEX[byte]!;
        this.#digits = 1;
        this.#state = CHUNK.size;
        return this.#require(HEX[byte] !== -1);
      case CHUNK.size:
        return this.#stepSize(byte);
      case CHUNK.extensionName:
      case CHUNK.extensionValue:
      case CHUNK.quoted:
      case CHUNK.quotedPair:
      case CHUNK.quotedEnd:
        return this.#stepExtension(byte);
      case CHUNK.sizeLf:
        this.#state = this.#remaining === 0 ? CHUNK.trailerStart : CHUNK.data;
        return this.#require(byte === LF);
      case CHUNK.dataCr:
        this.#state = CHUNK.dataLf;
        return this.#require(byte === CR);
      case CHUNK.dataLf:
        this.#state = CHUNK.sizeStart;
        return this.#require(byte === LF);
      case CHUNK.endLf:
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
      case CHUNK.quoted:
        if (byte === QUOTE) this.#state = CHUNK.quotedEnd;
        else if (byte === BACKSLASH) this.#state = CHUNK.quotedPair;
        return this.#drop(isFieldText(byte));
      case CHUNK.quotedPair:
        this.#state = CHUNK.quoted;
        return this.#drop(isFieldText(byte));
      case CHUNK.quotedEnd:
        return this.#endOfSize(byte);
    }
    if (IS_TOKEN[byte] === 1) {
      this.#digits++;
      return this.#drop(true);
    }
    const inName = this.#state === CHUNK.extensionName;
    const empty = this.#digits === 0;
    this.#digits = 0;
    if (inName && byte === EQUALS) {
      this.#state = CHUNK.extensionValue;
      return this.#drop(!empty);
    }
    if (!inName && empty && byte === QUOTE) {
      this.#state = CHUNK.quoted;
      return this.#drop(true);
    }
    return this.#require(!empty) && this.#endOfSize(byte);
  }

  #endOfSize(byte: number): boolean {
    this.#digits = 0;
    if (byte === SEMICOLON) {
      this.#state = CHUNK.extensionName;
      return this.#drop(true);
    }
    this.#state = CHUNK.sizeLf;
    return this.#require(byte === CR);
  }

  #stepTrailer(byte: number): boolean {
    switch (this.#state) {
      case CHUNK.trailerStart:
        this.#state = byte === CR ? CHUNK.endLf : CHUNK.trailerName;
        return byte === CR || this.#drop(IS_TOKEN[byte] === 1);
      case CHUNK.trailerName:
        if (byte === COLON) this.#state = CHUNK.trailerValue;
        return this.#drop(byte === COLON || IS_TOKEN[byte] === 1);
      case CHUNK.trailerValue:
        if (byte === CR) this.#state = CHUNK.trailerLf;
        return this.#drop(byte === CR || isFieldText(byte));
      default:
        this.#state = CHUNK.trailerStart;
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
