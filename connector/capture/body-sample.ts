import type { OpenMemory } from "./open-memory.ts";

const MIN_BUFFER_BYTES = 1024;

/**
 * The beginning of a body, in a copy. A body that comes in one piece, as most do, becomes one string; of any other the
 * pieces are collected in a buffer that doubles, so that a body in one-byte pieces takes no more memory than its bytes.
 */
export class BodySample {
  total = 0;
  /** Bytes of memory that it has taken. */
  taken = 0;
  readonly #memory: Pick<OpenMemory, "take" | "giveBack">;
  readonly #max: number;
  #text = "";
  #buffer: Buffer | undefined = undefined;
  #length = 0;
  #full: boolean;

  /** @param max bytes to keep; 0 only counts */
  constructor(memory: Pick<OpenMemory, "take" | "giveBack">, max: number) {
    this.#memory = memory;
    this.#max = max;
    this.#full = max === 0;
  }

  add(bytes: Buffer, start: number, end: number): void {
    this.total += end - start;
    if (this.#full) return;
    const length = Math.min(end - start, this.#max - this.#length);
    if (length > 0 && !this.#makeRoom(length)) {
      this.#full = true;
      return;
    }
    if (this.#buffer !== undefined) bytes.copy(this.#buffer, this.#length, start, start + length);
    else this.#text = bytes.toString("latin1", start, start + length);
    this.#length += length;
    // What comes later must not be kept behind a gap.
    if (this.#length === this.#max) this.#full = true;
  }

  get text(): string {
    return this.#buffer === undefined ? this.#text : this.#buffer.toString("latin1", 0, this.#length);
  }

  #makeRoom(length: number): boolean {
    if (this.#length === 0) return this.#take(length);
    const needed = this.#length + length;
    const former = this.#buffer;
    if (former !== undefined && needed <= former.length) return true;
    const size = Math.min(Math.max(needed, 2 * (former?.length ?? 0), MIN_BUFFER_BYTES), this.#max);
    if (!this.#take(size - (former?.length ?? 0))) return false;
    const buffer = Buffer.allocUnsafeSlow(size);
    if (former === undefined) {
      buffer.write(this.#text, "latin1");
      this.#memory.giveBack(this.#length);
      this.taken -= this.#length;
      this.#text = "";
    } else former.copy(buffer, 0, 0, this.#length);
    this.#buffer = buffer;
    return true;
  }

  #take(bytes: number): boolean {
    if (!this.#memory.take(bytes)) return false;
    this.taken += bytes;
    return true;
  }
}
