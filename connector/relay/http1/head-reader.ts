/** `malformed`: the head can only be refused, whatever follows. */
export type HeadProgress = "incomplete" | "complete" | "malformed";

export interface HeadReaderOptions {
  /** The characters with which every head begins. */
  readonly prefix: string;
  /** RFC 9112, section 2.2: a server ignores an empty line before a request, but only one. */
  readonly skipsEmptyLine: boolean;
}

/** Most heads fit; a larger one is decoded whole. */
const FIRST_DECODE_BYTES = 4096;

const MIN_COLLECTED_BYTES = 1024;

const EMPTY_LINE = "\r\n";
const HEAD_END = "\r\n\r\n";
const CR = 13;
const LF = 10;
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Finds the ends of heads in the bytes of one connection.
 *
 * A head that comes in one piece, as nearly all do, is decoded and searched once. Otherwise its pieces are collected and
 * each byte is searched once, so that a head in one-byte reads takes linear time.
 */
export class HeadReader {
  /** The last complete head, latin1, with its empty line. */
  text = "";
  /** Where this head ended in the bytes of that `read`. */
  end = 0;
  readonly #options: HeadReaderOptions;
  #collected = NOTHING;
  #length = 0;
  /** An empty line before the next head has been skipped. */
  #hasSkipped = false;

  constructor(options: HeadReaderOptions) {
    this.#options = options;
  }

  /** No byte of the next head has come yet; an empty line before it is none. */
  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /**
   * Reads `bytes` from `start` to `end`.
   *
   * @param maxBytes a longer head is malformed
   */
  read(bytes: Buffer, start: number, end: number, maxBytes: number): HeadProgress {
    const isWhole = this.#length === 0 && this.#findWhole(bytes, start, end);
    const progress = isWhole ? "complete" : this.#collect(bytes, start, end, maxBytes);
    if (progress === "incomplete") return progress;
    this.clear();
    return this.text.length > maxBytes ? "malformed" : progress;
  }

  /** Forgets the beginning of an incomplete head. */
  clear(): void {
    this.#collected = NOTHING;
    this.#length = 0;
    this.#hasSkipped = false;
  }

  #findWhole(bytes: Buffer, start: number, end: number): boolean {
    let text = bytes.toString("latin1", start, Math.min(end, start + FIRST_DECODE_BYTES));
    const skipped = this.#maySkip && text.startsWith(EMPTY_LINE) ? EMPTY_LINE.length : 0;
    let headEnd = text.indexOf(HEAD_END, skipped);
    if (headEnd === -1 && end > start + FIRST_DECODE_BYTES) {
      text = bytes.toString("latin1", start, end);
      headEnd = text.indexOf(HEAD_END, skipped);
    }
    if (headEnd === -1) return false;
    this.text = text.slice(skipped, headEnd + HEAD_END.length);
    this.end = start + headEnd + HEAD_END.length;
    return true;
  }

  #collect(bytes: Buffer, start: number, end: number, maxBytes: number): HeadProgress {
    const before = this.#length;
    // Enough to see that the head is too long, also where an empty line is skipped.
    const maxLength = maxBytes + EMPTY_LINE.length + 1;
    this.#append(bytes, start, Math.min(end, start + maxLength - before), maxLength);
    const skipped = this.#skipEmptyLine();
    const progress = this.#search(Math.max(0, before - skipped));
    if (progress === "complete") this.end = start + this.text.length + skipped - before;
    return progress === "incomplete" && !this.#canBecomeValid(maxBytes) ? "malformed" : progress;
  }

  #append(bytes: Buffer, start: number, end: number, maxLength: number): void {
    const length = this.#length + end - start;
    if (length > this.#collected.length) {
      const grown = Buffer.allocUnsafe(Math.min(maxLength, Math.max(MIN_COLLECTED_BYTES, 2 * length)));
      this.#collected.copy(grown, 0, 0, this.#length);
      this.#collected = grown;
    }
    bytes.copy(this.#collected, this.#length, start, end);
    this.#length = length;
  }

  get #maySkip(): boolean {
    return this.#options.skipsEmptyLine && !this.#hasSkipped;
  }

  #skipEmptyLine(): number {
    const isEmptyLine = this.#length >= 2 && this.#collected[0] === CR && this.#collected[1] === LF;
    if (!this.#maySkip || !isEmptyLine) return 0;
    this.#hasSkipped = true;
    this.#collected.copyWithin(0, EMPTY_LINE.length, this.#length);
    this.#length -= EMPTY_LINE.length;
    return EMPTY_LINE.length;
  }

  /** Searches the collected bytes from `from` on, with those before it that may be the beginning of the head's end. */
  #search(from: number): HeadProgress {
    const contextStart = Math.max(0, from - HEAD_END.length + 1);
    const text = this.#collected.toString("latin1", contextStart, this.#length);
    const headEnd = text.indexOf(HEAD_END);
    if (headEnd === -1) return hasBareLineBreak(text, from - contextStart) ? "malformed" : "incomplete";
    this.text = this.#collected.toString("latin1", 0, contextStart + headEnd + HEAD_END.length);
    return "complete";
  }

  #canBecomeValid(maxBytes: number): boolean {
    const { prefix } = this.#options;
    // A second empty line.
    if (this.#hasSkipped && this.#length > 0 && this.#collected[0] === CR) return false;
    const begin = this.#collected.toString("latin1", 0, Math.min(this.#length, prefix.length));
    return this.#length <= maxBytes && prefix.startsWith(begin);
  }
}

/** Whether a CR or LF of `text`, from `from` on, is not a part of a CRLF. A CR at the end may become one. */
function hasBareLineBreak(text: string, from: number): boolean {
  for (let lf = text.indexOf("\n", from); lf !== -1; lf = text.indexOf("\n", lf + 1)) {
    if (text.charCodeAt(lf - 1) !== CR) return true;
  }
  for (
    let cr = text.indexOf("\r", from - 1);
    cr !== -1 && cr < text.length - 1;
    cr = text.indexOf("\r", cr + 1)
  ) {
    if (text.charCodeAt(cr + 1) !== LF) return true;
  }
  return false;
}
