import type * as net from "node:net";
import type { Exchange } from "./exchange.ts";
import type { GuestPool } from "./guest-pool.ts";
import { BodyScanner } from "./http1/body-scanner.ts";
import { hasBareLineBreak } from "./http1/parse-fields.ts";
import { parseResponseHead } from "./http1/parse-response-head.ts";
import type { RelayState } from "./relay-state.ts";
import type { Memory } from "./socket/memory.ts";
import { MessageWriter } from "./socket/message-writer.ts";
import type { SocketHandler } from "./socket/socket-handler.ts";
import { own } from "./socket/socket-handler.ts";

/** idle → head → body → idle, or closed from anywhere. */
const PHASE = { idle: 0, head: 1, body: 2, closed: 3 } as const;

/** Most heads fit; a larger one is decoded whole. */
const FIRST_DECODE_BYTES = 4096;

const ANSWER_START = "HTTP/1.";

/** A guest's side of exchanges, one after the other: finds the answers in what the guest sends. */
export class GuestConnection implements SocketHandler {
  readonly socket: net.Socket;
  readonly pool: GuestPool;
  readonly body = new BodyScanner();
  readonly writer: MessageWriter;
  restsUntilMs = 0;
  /** It has answered before, so it may die of the guest's idle timeout while a request is on its way. */
  reused = false;
  readonly #relay: RelayState;
  #exchange: Exchange | undefined = undefined;
  #phase: number = PHASE.idle;
  #headText = "";
  #interimResponses = 0;
  #interimBytes = 0;

  constructor(relay: RelayState, pool: GuestPool, socket: net.Socket) {
    this.#relay = relay;
    this.pool = pool;
    this.socket = socket;
    this.writer = new MessageWriter(socket);
    pool.use.connections.add(this);
    own(socket, this);
  }

  /** Expects the answer to a request that is about to be sent. */
  serve(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#phase = PHASE.head;
    this.#interimResponses = 0;
    this.#interimBytes = 0;
  }

  /** The exchange is over, and the connection waits for another. */
  rest(untilMs: number): void {
    this.#exchange = undefined;
    this.#phase = PHASE.idle;
    this.reused = true;
    this.restsUntilMs = untilMs;
    if (this.socket.isPaused()) this.socket.resume();
  }

  /** Nobody wants its answer any more, or it is not to be trusted. */
  abandon(): void {
    this.#exchange = undefined;
    this.#phase = PHASE.closed;
    this.socket.destroy();
  }

  /** Hands the socket over to a tunnel. */
  release(): net.Socket {
    this.#exchange = undefined;
    this.#phase = PHASE.closed;
    this.pool.use.connections.delete(this);
    return this.socket;
  }

  /** No byte of an answer has come yet. */
  isSilent(): boolean {
    return this.#phase === PHASE.head && this.#headText === "" && this.#interimResponses === 0;
  }

  onBytes(bytes: Buffer, length: number, memory: Memory): void {
    switch (this.#phase) {
      case PHASE.idle:
        this.#relay.counts.guestExcess++;
        this.socket.destroy();
        break;
      case PHASE.head:
        this.#readHead(bytes, length, memory);
        break;
      case PHASE.body:
        this.#readBody(bytes, 0, length, memory);
        break;
    }
  }

  onDrain(): void {
    this.#exchange?.onGuestDrain();
  }

  onEnd(): void {
    if (this.#phase === PHASE.body && this.body.endsAtClose()) this.#confirmEnd();
    else this.socket.destroy();
  }

  /**
   * libuv takes a reset that comes together with data for an end (`uv__stream_io`), which would pass for the end of a
   * body without length. Writing tells them apart; an empty line is what a server ignores (RFC 9112, section 2.2).
   */
  #confirmEnd(): void {
    this.socket.write("\r\n", "latin1", (error) => {
      if (!error) this.#exchange?.onAnswerEnd(false);
      this.socket.destroy();
    });
  }

  onClose(): void {
    const exchange = this.#exchange;
    const silent = this.isSilent();
    if (this.#phase === PHASE.idle) this.pool.remove(this);
    this.#phase = PHASE.closed;
    this.#exchange = undefined;
    this.pool.use.connections.delete(this);
    exchange?.onGuestGone(silent);
  }

  #readHead(bytes: Buffer, length: number, memory: Memory): void {
    let start = 0;
    while (this.#phase === PHASE.head && start < length) {
      const end = this.#findHeadEnd(bytes, start, length);
      if (end === -1) return;
      start = end;
      this.#takeHead(bytes, start, length);
    }
    if (this.#phase === PHASE.body && this.#exchange !== undefined)
      this.#readBody(bytes, start, length, memory);
  }

  /** Collects the head; where its bytes end, or -1 while it is incomplete. */
  #findHeadEnd(bytes: Buffer, start: number, length: number): number {
    const before = this.#headText.length;
    let text = this.#headText + bytes.toString("latin1", start, Math.min(length, start + FIRST_DECODE_BYTES));
    let end = text.indexOf("\r\n\r\n", Math.max(0, before - 3));
    if (end === -1 && length > start + FIRST_DECODE_BYTES) {
      text = this.#headText + bytes.toString("latin1", start, length);
      end = text.indexOf("\r\n\r\n", Math.max(0, before - 3));
    }
    this.#headText = end === -1 ? text : text.slice(0, end + 4);
    if (this.#isHopeless(end)) {
      this.#break();
      return -1;
    }
    return end === -1 ? -1 : start + end + 4 - before;
  }

  #isHopeless(end: number): boolean {
    const text = this.#headText;
    if (text.length + this.#interimBytes > this.#relay.limits.maxResponseHeadBytes) return true;
    if (end !== -1) return false;
    return !text.startsWith(ANSWER_START.slice(0, text.length)) || hasBareLineBreak(text);
  }

  #takeHead(bytes: Buffer, start: number, length: number): void {
    const text = this.#headText;
    const exchange = this.#exchange!;
    this.#headText = "";
    const head = parseResponseHead(text, this.#relay.limits);
    if (head === undefined) {
      this.#break();
      return;
    }
    if (head.status >= 200) {
      this.#phase = PHASE.body;
      exchange.onAnswer(head);
      return;
    }
    if (head.status === 101) {
      if (!exchange.onUpgraded(head, bytes.subarray(start, length))) this.#break();
      return;
    }
    this.#interimBytes += text.length;
    // After an interim answer that closes its connection no final one can come.
    if (++this.#interimResponses > this.#relay.limits.maxInterimResponses || !head.keepAlive) {
      this.#break();
      return;
    }
    exchange.onInterim(head);
  }

  #readBody(bytes: Buffer, start: number, length: number, memory: Memory): void {
    const exchange = this.#exchange!;
    const end = this.body.scan(bytes, start, length);
    if (this.body.failed) {
      this.#break();
      return;
    }
    exchange.onAnswerBody(bytes, start, start + this.body.kept, memory);
    if (this.body.done && this.#exchange === exchange) exchange.onAnswerEnd(end < length);
  }

  /** What came is not HTTP. */
  #break(): void {
    const exchange = this.#exchange;
    this.abandon();
    exchange?.onGuestBroken();
  }
}
