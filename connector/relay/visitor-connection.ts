import type * as net from "node:net";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../shared/refusal/refusal.ts";
import type { GuestDirectory } from "./exchange/guest-directory.ts";
import type { VisitorSide } from "./exchange/visitor-side.ts";
import { Exchange } from "./exchange.ts";
import { BodyScanner } from "./http1/body-scanner.ts";
import { HeadReader } from "./http1/head-reader.ts";
import type { RequestHead } from "./http1/parse-request-head.ts";
import { parseRequestHead } from "./http1/parse-request-head.ts";
import { writeUnread } from "./policy/write-refusal.ts";
import type { RelayState } from "./relay-state.ts";
import type { Memory } from "./socket/memory.ts";
import { MessageWriter } from "./socket/message-writer.ts";
import type { SocketHandler } from "./socket/socket-handler.ts";
import { setSocketHandler } from "./socket/socket-handler.ts";

/** idle → head → exchange → idle …; linger → closed from anywhere. */
type Phase = "idle" | "head" | "exchange" | "linger" | "closed";

const REQUEST_HEADS = { prefix: "", skipsEmptyLine: true };

const HEAD_TOO_SLOW = "The request took too long to arrive.";

/** Of pipelined requests, and of a body that comes before a connection to the guest is there. */
const MAX_PENDING_BYTES = 64 * 1024;

export interface VisitorOptions {
  readonly relay: RelayState;
  readonly guests: GuestDirectory;
  readonly socket: net.Socket;
  /** Why each of the visitor's requests is refused, if so. */
  readonly earlyRefusal: Refusal | undefined;
  /** A request with a valid pass has come. Called once, or never. */
  onProven(visitor: VisitorConnection): void;
  /** The connection has closed, or belongs to a tunnel now. Called once. */
  onGone(visitor: VisitorConnection): void;
}

/** A visitor's side: finds the requests in what the visitor sends, and runs one exchange at a time. */
export class VisitorConnection implements SocketHandler, VisitorSide {
  readonly socket: net.Socket;
  readonly earlyRefusal: Refusal | undefined;
  readonly body = new BodyScanner();
  readonly writer: MessageWriter;
  /** Monotonic milliseconds. */
  readonly openedMs: number;
  keepAlive = true;
  /** A request with a valid pass has come on this connection. */
  proven = false;
  /** When `sweep` calls `onDeadline`, in monotonic milliseconds. */
  deadlineMs: number;
  readonly #relay: RelayState;
  readonly #guests: GuestDirectory;
  readonly #onProven: VisitorOptions["onProven"];
  readonly #onGone: VisitorOptions["onGone"];
  readonly #heads = new HeadReader(REQUEST_HEADS);
  #phase: Phase = "idle";
  #pending: Buffer | undefined = undefined;
  #exchange: Exchange | undefined = undefined;
  #reading = false;

  constructor({ relay, guests, socket, earlyRefusal, onProven, onGone }: VisitorOptions) {
    this.#relay = relay;
    this.#guests = guests;
    this.socket = socket;
    this.writer = new MessageWriter(socket);
    this.earlyRefusal = earlyRefusal;
    this.#onProven = onProven;
    this.#onGone = onGone;
    this.openedMs = relay.now();
    this.deadlineMs = this.openedMs + relay.limits.unprovenTimeoutMs;
    setSocketHandler(socket, this);
  }

  get sentAhead(): boolean {
    return this.#pending !== undefined;
  }

  get exchange(): Exchange | undefined {
    return this.#exchange;
  }

  onBytes(bytes: Buffer, length: number, memory: Memory): void {
    switch (this.#phase) {
      case "idle":
      case "head":
        if (this.#pending === undefined) this.#readRequests(bytes, 0, length);
        else this.#keep(bytes, 0, length);
        break;
      case "exchange":
        if (this.#exchange?.takesBody && !this.body.done) this.#forward(bytes, length, memory);
        else this.#keep(bytes, 0, length);
        break;
    }
  }

  onDrain(): void {
    this.#exchange?.onVisitorDrain();
    this.#readPending();
  }

  /** A visitor that has finished sending wants no response any more, as Node's and Go's servers take it. */
  onEnd(): void {
    if (this.#phase === "exchange") this.socket.destroy();
    else this.socket.destroySoon();
  }

  onClose(): void {
    this.#phase = "closed";
    this.#onGone(this);
    this.#exchange?.onVisitorLeft();
    this.#exchange = undefined;
  }

  onDeadline(): void {
    if (this.#exchange !== undefined) this.#exchange.onTimeout();
    else if (this.#phase === "head") this.#refuseHead(refuse("request_malformed", { detail: HEAD_TOO_SLOW }));
    else if (this.#phase === "idle" && this.#relay.draining) this.#linger(true);
    else this.socket.destroy();
  }

  /** The relay takes no more visitors: the connection closes after its next response, or a short silence. */
  retire(): void {
    if (this.#phase !== "idle" || this.#pending !== undefined || !this.proven) return;
    this.deadlineMs = Math.min(this.deadlineMs, this.#relay.now() + this.#relay.limits.drainIdleMs);
  }

  /** The relay stops: as `retire`, and none waits for a port any more. */
  drain(): void {
    this.retire();
    this.#exchange?.onDrain();
  }

  /** The relay has waited long enough for the response. */
  stop(): void {
    if (this.#exchange !== undefined) this.#exchange.stop();
    else if (this.#phase !== "linger") this.socket.destroy();
  }

  prove(): void {
    if (this.proven) return;
    this.proven = true;
    this.#onProven(this);
    const isFull = this.#pending !== undefined && this.#pending.length > MAX_PENDING_BYTES;
    if (!isFull && this.socket.isPaused()) this.socket.resume();
  }

  pumpBody(): void {
    const pending = this.#pending;
    if (pending !== undefined && !this.body.done) {
      this.#pending = undefined;
      this.#forward(pending, pending.length, "own");
    }
    if (this.#pending === undefined && this.socket.isPaused()) this.socket.resume();
  }

  release(): Buffer | undefined {
    const pending = this.#pending;
    this.#phase = "closed";
    this.#exchange = undefined;
    this.#onGone(this);
    return pending;
  }

  onExchangeOver(requestEnded: boolean, nowMs: number): void {
    this.#exchange = undefined;
    if (this.#phase === "closed") return;
    if (!requestEnded || !this.keepAlive) {
      this.#linger(requestEnded && this.#pending === undefined);
      return;
    }
    this.#phase = "idle";
    // Where the response has not said that it is the last one, the visitor's next request may be on its way.
    const { drainIdleMs, visitorIdleTimeoutMs } = this.#relay.limits;
    this.deadlineMs = nowMs + (this.#relay.draining ? drainIdleMs : visitorIdleTimeoutMs);
    if (this.#pending !== undefined) this.#readPending();
    else if (this.socket.isPaused()) this.socket.resume();
  }

  #readPending(): void {
    const pending = this.#pending;
    if (pending === undefined || this.#reading || this.#phase !== "idle") return;
    // The next requests of a visitor that does not read its responses wait until it does.
    if (this.socket.writableNeedDrain) return;
    this.#pending = undefined;
    this.socket.resume();
    this.#readRequests(pending, 0, pending.length);
  }

  /** Reads one request after the other, as long as each exchange is over at once. */
  #readRequests(bytes: Buffer, start: number, end: number): void {
    this.#reading = true;
    while (start < end) {
      const head = this.#readHead(bytes, start, end);
      if (head === undefined) break;
      if (this.#heads.end < end) this.#keep(bytes, this.#heads.end, end);
      this.#beginExchange(head);
      start = 0;
      end = 0;
      if (this.#isReadyForNext() && this.#pending !== undefined) {
        bytes = this.#pending;
        end = bytes.length;
        this.#pending = undefined;
      }
    }
    this.#reading = false;
  }

  #isReadyForNext(): boolean {
    return this.#phase === "idle" && !this.socket.writableNeedDrain;
  }

  /** The next request's head; `undefined` where it is incomplete or refused. */
  #readHead(bytes: Buffer, start: number, end: number): RequestHead | undefined {
    const { limits } = this.#relay;
    const progress = this.#heads.read(bytes, start, end, limits.maxRequestHeadBytes);
    if (progress === "incomplete") {
      if (!this.#heads.isEmpty) this.#awaitHead();
      return undefined;
    }
    const head =
      progress === "complete" ? parseRequestHead(this.#heads.text, limits) : refuse("request_malformed");
    if (!isRefusal(head)) return head;
    this.#refuseHead(head);
    return undefined;
  }

  #awaitHead(): void {
    if (this.#phase === "head") return;
    this.#phase = "head";
    // An unproven visitor has had its deadline since it came.
    if (this.proven) this.deadlineMs = this.#relay.now() + this.#relay.limits.requestHeadTimeoutMs;
  }

  #beginExchange(head: RequestHead): void {
    this.keepAlive = head.keepAlive;
    this.body.start(head.body, head.bodyLength, true);
    this.#phase = "exchange";
    this.#exchange = new Exchange(this.#relay, this.#guests, this, head);
    this.#exchange.begin(this.earlyRefusal);
  }

  /** Sends the part of `bytes` that belongs to the request's body to the guest, and keeps the rest. */
  #forward(bytes: Buffer, length: number, memory: Memory): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    const end = this.body.scan(bytes, 0, length);
    if (this.body.failed) {
      exchange.onRequestBroken();
      return;
    }
    if (this.body.done) exchange.onRequestEnd();
    exchange.onRequestBody(bytes, 0, this.body.kept, memory);
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
    this.#linger(false);
  }

  /**
   * Closes, but reads on for a while: closing a socket with unread bytes would reset it and lose the last response.
   * Nothing is read from an unproven visitor.
   *
   * @param hasReadAll the visitor has sent nothing that was not read
   */
  #linger(hasReadAll: boolean): void {
    this.#phase = "linger";
    this.#pending = undefined;
    this.#heads.clear();
    this.deadlineMs = this.#relay.now() + this.#relay.limits.lingerTimeoutMs;
    if (this.proven) {
      this.socket.end();
      this.socket.resume();
    } else if (hasReadAll) this.socket.destroySoon();
    else {
      this.socket.pause();
      this.socket.end();
    }
  }
}
