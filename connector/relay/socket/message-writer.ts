import type * as net from "node:net";
import type { Memory } from "./memory.ts";
import { writePiece } from "./write-piece.ts";
import { writeText } from "./write-text.ts";

/** Up to here a head and the first piece of its body are written as one string, in one system call. */
const MAX_JOINED_BYTES = 16 * 1024;

/** Writes one message after the other. Holds a head back until the first piece of its body comes, or `flush`. */
export class MessageWriter {
  readonly #socket: net.Socket;
  #head = "";
  #addChunks = false;

  constructor(socket: net.Socket) {
    this.#socket = socket;
  }

  /** @param addChunks the body's pieces come without framing, and get the chunked coding here */
  begin(head: string, addChunks = false): void {
    this.#head = head;
    this.#addChunks = addChunks;
  }

  /** The receiver has got nothing of the current message yet. */
  get holdsHead(): boolean {
    return this.#head !== "";
  }

  /** Forgets a head that is held back. */
  discard(): void {
    this.#head = "";
  }

  /** Writes the head; false where the receiver is slow and the sender should pause. */
  flush(): boolean {
    const head = this.#head;
    this.#head = "";
    return head === "" || writeText(this.#socket, head);
  }

  /** Writes `bytes` from `start` to `end`; false as in `flush`. */
  write(bytes: Buffer, start: number, end: number, memory: Memory): boolean {
    const socket = this.#socket;
    let before = this.#head;
    this.#head = "";
    if (this.#addChunks) before += `${(end - start).toString(16)}\r\n`;
    const after = this.#addChunks ? "\r\n" : "";
    if (before === "") return writePiece(socket, bytes, start, end, memory);
    if (end - start <= MAX_JOINED_BYTES) {
      return writeText(socket, before + bytes.toString("latin1", start, end) + after);
    }
    socket.cork();
    socket.write(before, "latin1");
    let canContinue = writePiece(socket, bytes, start, end, memory);
    if (after !== "") canContinue = socket.write(after, "latin1");
    socket.uncork();
    return canContinue;
  }

  end(): void {
    this.flush();
    if (this.#addChunks) writeText(this.#socket, "0\r\n\r\n");
  }
}
