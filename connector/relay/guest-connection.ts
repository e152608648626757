import type * as net from "node:net";
import type { GuestSide, ServedExchange } from "./exchange/guest-side.ts";
import { BodyScanner } from "./http1/body-scanner.ts";
import { HeadReader } from "./http1/head-reader.ts";
import { parseResponseHead } from "./http1/parse-response-head.ts";
import type { RelayState } from "./relay-state.ts";
import type { Memory } from "./socket/memory.ts";
import { MessageWriter } from "./socket/message-writer.ts";
import type { SocketHandler } from "./socket/socket-handler.ts";
import { setSocketHandler } from "./socket/socket-handler.ts";

/** idle → head → body → idle, or closed from anywhere. */
type Phase = "idle" | "head" | "body" | "closed";

const RESPONSE_HEADS = { prefix: "HTTP/1.", skipsEmptyLine: false };

/** The pool that a connection belongs to. */
export interface ConnectionPool {
  /** The exchange is over, and the connection may serve another. */
  keep(connection: GuestConnection, keepAliveTimeoutMs: number, nowMs: number): void;
  /** The connection has closed while it was idle. */
  removeIdle(connection: GuestConnection): void;
  /** The connection has closed, or belongs to a tunnel now. */
  remove(connection: GuestConnection): void;
}

/** A guest's side of exchanges, one after the other: finds the responses in what the guest sends. */
export class GuestConnection implements SocketHandler, GuestSide {
  readonly socket: net.Socket;
  readonly body = new BodyScanner();
  readonly writer: MessageWriter;
  restsUntilMs = 0;
  /** It has served an exchange before, so the guest may close it as idle while a request is on its way. */
  reused = false;
  readonly #relay: RelayState;
  readonly #pool: ConnectionPool;
  readonly #heads = new HeadReader(RESPONSE_HEADS);
  #exchange: ServedExchange | undefined = undefined;
  #phase: Phase = "idle";
  #interimResponses = 0;
  #interimBytes = 0;

  /** The one that it serves now. */
  get exchange(): ServedExchange | undefined {
    return this.#exchange;
  }

  constructor(relay: RelayState, pool: ConnectionPool, socket: net.Socket) {
    this.#relay = relay;
    this.#pool = pool;
    this.socket = socket;
    this.writer = new MessageWriter(socket);
    socket.setKeepAlive(true, relay.limits.keepAliveProbeMs);
    setSocketHandler(socket, this);
  }

  serve(exchange: ServedExchange): void {
    this.#exchange = exchange;
    this.#phase = "head";
    this.#interimResponses = 0;
    this.#interimBytes = 0;
  }

  finish(keepAliveTimeoutMs: number, nowMs: number): void {
    this.#pool.keep(this, keepAliveTimeoutMs, nowMs);
  }

  /** The connection waits for another exchange. */
  rest(untilMs: number): void {
    this.#exchange = undefined;
    this.#phase = "idle";
    this.reused = true;
    this.restsUntilMs = untilMs;
    if (this.socket.isPaused()) this.socket.resume();
  }

  abandon(): void {
    this.#exchange = undefined;
    this.#phase = "closed";
    this.socket.destroy();
  }

  release(): net.Socket {
    this.#exchange = undefined;
    this.#phase = "closed";
    this.#pool.remove(this);
    return this.socket;
  }

  onBytes(bytes: Buffer, length: number, memory: Memory): void {
    switch (this.#phase) {
      case "idle":
        this.#relay.counts.guestExcess++;
        this.socket.destroy();
        break;
      case "head":
        this.#readHeads(bytes, length, memory);
        break;
      case "body":
        this.#readBody(bytes, 0, length, memory);
        break;
    }
  }

  onDrain(): void {
    this.#exchange?.onGuestDrain();
  }

  onEnd(): void {
    if (this.#phase === "body" && this.body.endsAtClose()) this.#confirmEnd();
    else this.socket.destroy();
  }

  /**
   * libuv takes a reset that comes together with data for an end (`uv__stream_io`), which would complete a body without
   * length. A write fails after a reset only; a server ignores an empty line (RFC 9112, section 2.2).
   */
  #confirmEnd(): void {
    this.socket.write("\r\n", "latin1", (error) => {
      if (!error) this.#exchange?.onResponseEnd(false);
      this.socket.destroy();
    });
  }

  onClose(): void {
    const exchange = this.#exchange;
    const isSilent = this.#phase === "head" && this.#heads.isEmpty && this.#interimResponses === 0;
    if (this.#phase === "idle") this.#pool.removeIdle(this);
    this.#phase = "closed";
    this.#exchange = undefined;
    this.#pool.remove(this);
    exchange?.onGuestGone(isSilent);
  }

  #readHeads(bytes: Buffer, length: number, memory: Memory): void {
    let start = 0;
    while (this.#phase === "head" && start < length) {
      const maxBytes = this.#relay.limits.maxResponseHeadBytes - this.#interimBytes;
      const progress = this.#heads.read(bytes, start, length, maxBytes);
      if (progress === "malformed") this.#break();
      if (progress !== "complete") return;
      start = this.#heads.end;
      this.#takeHead(this.#heads.text, bytes, start, length);
    }
    if (this.#phase === "body") this.#readBody(bytes, start, length, memory);
  }

  /** @param start where the bytes behind the head begin */
  #takeHead(text: string, bytes: Buffer, start: number, length: number): void {
    const exchange = this.#exchange;
    const head = parseResponseHead(text, this.#relay.limits);
    if (head === undefined || exchange === undefined) this.#break();
    else if (head.status >= 200) {
      this.#phase = "body";
      exchange.onResponse(head);
    } else if (head.status === 101) {
      if (!exchange.onUpgraded(head, bytes.subarray(start, length))) this.#break();
    } else {
      this.#interimBytes += text.length;
      // After an interim response that closes its connection no final one can come.
      if (++this.#interimResponses > this.#relay.limits.maxInterimResponses || !head.keepAlive) this.#break();
      else exchange.onInterim(head);
    }
  }

  #readBody(bytes: Buffer, start: number, length: number, memory: Memory): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    const end = this.body.scan(bytes, start, length);
    if (this.body.failed) {
      this.#break();
      return;
    }
    exchange.onResponseBody(bytes, start, start + this.body.kept, memory);
    if (this.body.done && this.#exchange === exchange) exchange.onResponseEnd(end < length);
  }

  /** The guest sent what is not HTTP. */
  #break(): void {
    const exchange = this.#exchange;
    this.abandon();
    exchange?.onGuestBroken();
  }
}
