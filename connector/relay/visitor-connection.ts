import type * as net from "node:net";
import { type Refusal, refuse } from "../../shared/refusal/refusal.ts";
import { Exchange } from "./exchange.ts";
import { BodyScanner } from "./http1/body-scanner.ts";
import { hasBareLineBreak } from "./http1/parse-fields.ts";
import { parseRequestHead, RequestHead } from "./http1/parse-request-head.ts";
import { writeUnread } from "./policy/write-refusal.ts";
import type { RelayState } from "./relay-state.ts";
import { MEMORY, type Memory } from "./socket/memory.ts";
import { MessageWriter } from "./socket/message-writer.ts";
import { own, type SocketHandler } from "./socket/socket-handler.ts";

/** idle → head → exchange → idle …; linger → closed from anywhere. */
const PHASE = { idle: 0, head: 1, exchange: 2, linger: 3, closed: 4 } as const;

/** Most heads fit; a larger one is decoded whole. */
const FIRST_DECODE_BYTES = 4096;

const HEAD_TOO_SLOW = "The request took too long to arrive.";

/** Bytes that came before their turn: pipelined requests, or a body before its guest is reached. */
const MAX_PENDING_BYTES = 64 * 1024;

/** A visitor's side: finds the requests in what the visitor sends, and lets one exchange run at a time. */
export class VisitorConnection implements SocketHandler {
  readonly socket: net.Socket;
  /** Of the request at hand. */
  readonly body = new BodyScanner();
  readonly writer: MessageWriter;
  keepAlive = true;
  /** When the relay's sweep calls `onDeadline`, in monotonic milliseconds. */
  deadlineMs: number;
  readonly #relay: RelayState;
  readonly #shed: Refusal | undefined;
  #phase: number = PHASE.idle;
  #headText = "";
  #pending: Buffer | undefined = undefined;
  #exchange: Exchange | undefined = undefined;
  #reading = false;

  constructor(relay: RelayState, socket: net.Socket, shed: Refusal | undefined) {
    this.#relay = relay;
    this.socket = socket;
    this.writer = new MessageWriter(socket);
    this.#shed = shed;
    if (shed !== undefined) relay.shedding++;
    this.deadlineMs = relay.now() + relay.limits.requestHeadTimeoutMs;
    own(socket, this);
  }

  /** More has come than the request at hand. */
  get sentAhead(): boolean {
    return this.#pending !== undefined;
  }

  get exchange(): Exchange | undefined {
    return this.#exchange;
  }

  onBytes(bytes: Buffer, length: number, memory: Memory): void {
    switch (this.#phase) {
      case PHASE.idle:
      case PHASE.head:
        if (this.#pending === undefined) this.#readRequests(bytes, 0, length);
        else this.#keep(bytes, 0, length);
        break;
      case PHASE.exchange:
        if (this.#exchange!.takesBody && !this.body.done) this.#forward(bytes, 0, length, memory);
        else this.#keep(bytes, 0, length);
        break;
    }
  }

  onDrain(): void {
    this.#exchange?.onVisitorDrain();
    this.#readPending();
  }

  /** A visitor that has finished sending waits for nothing more, as Node's and Go's servers see it. */
  onEnd(): void {
    if (this.#phase === PHASE.exchange) this.socket.destroy();
    else this.socket.destroySoon();
  }

  onClose(): void {
    this.#phase = PHASE.closed;
    this.#relay.visitors.delete(this);
    if (this.#shed !== undefined) this.#relay.shedding--;
    this.#exchange?.onVisitorLeft();
    this.#exchange = undefined;
  }

  onDeadline(): void {
    if (this.#exchange !== undefined) this.#exchange.onTimeout();
    else if (this.#phase === PHASE.head)
      this.#refuseHead(refuse("request_malformed", { detail: HEAD_TOO_SLOW }));
    else this.socket.destroy();
  }

  /** The relay stops: whoever waits for nothing is sent away, others after their answer. */
  drain(): void {
    if (this.#phase === PHASE.idle && this.#pending === undefined) this.#linger();
  }

  /** Sends what has come of the body, and lets the rest come. */
  pumpBody(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending !== undefined && !this.body.done) this.#forward(pending, 0, pending.length, MEMORY.own);
    else this.#pending = pending;
    if (this.#pending === undefined && this.socket.isPaused()) this.socket.resume();
  }

  /** Hands the socket over to a tunnel, with what the visitor has sent ahead. */
  release(): Buffer | undefined {
    const pending = this.#pending;
    this.#phase = PHASE.closed;
    this.#exchange = undefined;
    this.#relay.visitors.delete(this);
    return pending;
  }

  /** @param requestEnded false where the rest of an upload would be taken for the next request */
  onExchangeOver(requestEnded: boolean, nowMs: number): void {
    this.#exchange = undefined;
    if (this.#phase === PHASE.closed) return;
    if (!requestEnded || !this.keepAlive || this.#relay.draining) {
      this.#linger();
      return;
    }
    this.#phase = PHASE.idle;
    this.deadlineMs = nowMs + this.#relay.limits.visitorIdleTimeoutMs;
    if (this.#pending !== undefined) this.#readPending();
    else if (this.socket.isPaused()) this.socket.resume();
  }

  #readPending(): void {
    const pending = this.#pending;
    if (pending === undefined || this.#reading || this.#phase !== PHASE.idle) return;
    // A visitor that sends requests and does not read the answers waits for its own reading.
    if (this.socket.writableNeedDrain) return;
    this.#pending = undefined;
    this.socket.resume();
    this.#readRequests(pending, 0, pending.length);
  }

  /** Reads one request after the other, as long as each is over at once. */
  #readRequests(bytes: Buffer, start: number, end: number): void {
    this.#reading = true;
    while (start < end) {
      const headEnd = this.#readHead(bytes, start, end);
      if (headEnd === -1) break;
      if (headEnd < end) this.#keep(bytes, headEnd, end);
      this.#beginExchange();
      start = 0;
      end = 0;
      if (this.#phase === PHASE.idle && this.#pending !== undefined && !this.socket.writableNeedDrain) {
        bytes = this.#pending;
        end = bytes.length;
        this.#pending = undefined;
      }
    }
    this.#reading = false;
  }

  /** Where the head ends, with its exchange at hand; -1 where it is incomplete or refused. */
  #readHead(bytes: Buffer, start: number, length: number): number {
    const end = this.#findHeadEnd(bytes, start, length);
    const text = this.#headText;
    const { maxRequestHeadBytes } = this.#relay.limits;
    if (text.length > maxRequestHeadBytes || (end === -1 && hasBareLineBreak(text))) {
      this.#refuseHead(refuse("request_malformed"));
      return -1;
    }
    if (end === -1) {
      this.#awaitHead();
      return -1;
    }
    this.#headText = "";
    const head = parseRequestHead(text, this.#relay.limits);
    if (!(head instanceof RequestHead)) {
      this.#refuseHead(head);
      return -1;
    }
    this.keepAlive = head.keepAlive;
    this.body.start(head.body, head.bodyLength, true);
    this.#exchange = new Exchange(this.#relay, this, head);
    return end;
  }

  /** Collects the head in `#headText`; where its bytes end, or -1 while it is incomplete. */
  #findHeadEnd(bytes: Buffer, start: number, length: number): number {
    const before = this.#headText;
    const from = Math.max(0, before.length - 3);
    let text = before + bytes.toString("latin1", start, Math.min(length, start + FIRST_DECODE_BYTES));
    // RFC 9112, section 2.2: an empty line before a request is ignored.
    const skipped = text.startsWith("\r\n") ? 2 : 0;
    let end = text.indexOf("\r\n\r\n", from + skipped);
    if (end === -1 && length > start + FIRST_DECODE_BYTES) {
      text = before + bytes.toString("latin1", start, length);
      end = text.indexOf("\r\n\r\n", from + skipped);
    }
    this.#headText = text.slice(skipped, end === -1 ? text.length : end + 4);
    return end === -1 ? -1 : start + end + 4 - before.length;
  }

  #awaitHead(): void {
    if (this.#phase === PHASE.head) return;
    this.#phase = PHASE.head;
    this.deadlineMs = this.#relay.now() + this.#relay.limits.requestHeadTimeoutMs;
  }

  #beginExchange(): void {
    this.#phase = PHASE.exchange;
    this.#exchange!.begin(this.#shed);
  }

  #forward(bytes: Buffer, start: number, length: number, memory: Memory): void {
    const exchange = this.#exchange!;
    const end = this.body.scan(bytes, start, length);
    if (this.body.failed) {
      exchange.onRequestBroken();
      return;
    }
    if (this.body.done) exchange.onRequestEnd();
    exchange.onRequestBody(bytes, start, start + this.body.kept, memory);
    if (end < length) this.#keep(bytes, end, length);
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    const rest = Buffer.from(bytes.subarray(start, end));
    this.#pending = this.#pending === undefined ? rest : Buffer.concat([this.#pending, rest]);
    if (this.#pending.length > MAX_PENDING_BYTES) this.socket.pause();
  }

  #refuseHead(refusal: Refusal): void {
    this.#relay.countRefusal(refusal.code);
    this.socket.write(writeUnread(refusal));
    this.#linger();
  }

  /** Closes, and reads on for a while: closing with unread bytes would reset the answer on its way. */
  #linger(): void {
    this.#phase = PHASE.linger;
    this.#pending = undefined;
    this.#headText = "";
    this.deadlineMs = this.#relay.now() + this.#relay.limits.lingerTimeoutMs;
    this.socket.end();
    this.socket.resume();
  }
}
