import type * as net from "node:net";
import type { Refusal, RefusalCode } from "../../shared/refusal/refusal.ts";
import { isRefusal, REFUSALS, refuse } from "../../shared/refusal/refusal.ts";
import type { Destination } from "./destination.ts";
import type { ExchangeOutcome } from "./exchange-report.ts";
import type { BodyScanner } from "./http1/body-scanner.ts";
import type { RequestHead } from "./http1/parse-request-head.ts";
import type { ResponseHead } from "./http1/parse-response-head.ts";
import { mayReuseGuest, responseBody, responseFraming } from "./http1/response-framing.ts";
import { findHiddenPort } from "./policy/find-hidden-port.ts";
import { rewriteRequestHead } from "./policy/rewrite-request-head.ts";
import { rewriteResponseHead } from "./policy/rewrite-response-head.ts";
import { findTokenProtocol } from "./policy/token-protocols.ts";
import { writeRefusal } from "./policy/write-refusal.ts";
import type { RelayState } from "./relay-state.ts";
import type { Memory } from "./socket/memory.ts";
import type { MessageWriter } from "./socket/message-writer.ts";
import { resetSocket } from "./socket/reset-socket.ts";
import { findHoldTime } from "./waiting/find-hold-time.ts";
import type { WaitEvent } from "./waiting/wait-stream.ts";
import { WaitStream } from "./waiting/wait-stream.ts";
import type { Waiter } from "./waiting/waiters.ts";
import type { TunnelStreams } from "./websocket/tunnel.ts";
import { isWebSocketAccepted } from "./websocket/websocket-accept.ts";

/** The connection that a request has come on. */
export interface VisitorSide {
  readonly socket: net.Socket;
  readonly writer: MessageWriter;
  /** Of the request. */
  readonly body: BodyScanner;
  keepAlive: boolean;
  /** A request with a valid pass has come on this connection. */
  readonly proven: boolean;
  /** This request has a valid pass. */
  prove(): void;
  /** When `Exchange.onTimeout` is called, in monotonic milliseconds. */
  deadlineMs: number;
  /** More has come than the request. */
  readonly sentAhead: boolean;
  /** Passes what has come of the body to `Exchange.onRequestBody`, and reads on. */
  pumpBody(): void;
  /** Gives the socket to a tunnel. @returns what has come behind the request */
  release(): Buffer | undefined;
  /** @param requestEnded false where the rest of an upload would be taken for the next request */
  onExchangeOver(requestEnded: boolean, nowMs: number): void;
}

/** A connection to a guest that serves one exchange at a time. */
export interface GuestSide {
  readonly socket: net.Socket;
  readonly writer: MessageWriter;
  /** Of the response. */
  readonly body: BodyScanner;
  /** It has served an exchange before. */
  readonly reused: boolean;
  /** Calls `exchange` with the response to the request that is about to be sent. */
  serve(exchange: Exchange): void;
  /**
   * The response is complete, and the connection may serve another exchange.
   *
   * @param keepAliveTimeoutMs how long the guest keeps it, by its own `Keep-Alive`
   */
  finish(keepAliveTimeoutMs: number, nowMs: number): void;
  /** Closes the connection: its response is not wanted any more, or cannot be trusted. */
  abandon(): void;
  /** Gives the socket to a tunnel. */
  release(): net.Socket;
}

/** Leads one admitted request to its upstream. */
export interface ConnectionSource {
  /** An idle connection, if there is one. */
  take(): GuestSide | undefined;
  /** Opens a connection, and calls the exchange's `onDialled`. */
  dial(exchange: Exchange): void;
  /** The exchange is over. */
  leave(destination: Destination): void;
  /** The exchange becomes a tunnel; `leave` is not called any more. */
  openTunnel(streams: TunnelStreams): void;
}

/** Admits requests to their upstreams. */
export interface GuestDirectory {
  /** @param isUpgrade the request may become a tunnel */
  enter(destination: Destination, isUpgrade: boolean): ConnectionSource | Refusal;
  /**
   * Lets a request wait for its port, which has not entered or has left.
   *
   * @returns a function that ends the wait; `undefined` where too many wait
   */
  wait(destination: Destination, waiter: Waiter): (() => void) | undefined;
}

/**
 * finding → dialling → waiting → responding → over; dialling → holding → dialling; finding → holding → over
 *
 * - finding: the request's destination is not known yet, or has no room for it
 * - dialling: a connection to the guest is being opened
 * - holding: nothing listens on the port, and the request waits until something does
 * - waiting: the request is being sent, and no final response has begun
 * - responding: the response's head has come; once the visitor has it, only a reset can show it a failure
 *
 * All have the same members in the same order, so that V8 gives them one hidden class.
 */
type Step =
  | StepOf<"finding", undefined, undefined, undefined, Destination | undefined>
  | StepOf<"dialling", ConnectionSource, undefined, undefined>
  | StepOf<"holding", undefined, undefined, undefined>
  | StepOf<"waiting", ConnectionSource, GuestSide, undefined>
  | StepOf<"responding", ConnectionSource, GuestSide, ResponseHead>
  | StepOf<"over", undefined, undefined, undefined, undefined>;

interface StepOf<Name, Source, Guest, Response, To = Destination> {
  readonly name: Name;
  readonly destination: To;
  readonly source: Source;
  readonly guest: Guest;
  readonly response: Response;
}

/** The wait of a request in the step "holding", and after it. */
interface Wait {
  readonly leave: () => void;
  /** Of the page that waits; `undefined` where the request itself is held. */
  readonly stream: WaitStream | undefined;
  /** Where the request is held: what it gets if nothing begins to listen. */
  readonly closed: Refusal | undefined;
  readonly heldS: number | undefined;
}

const FINDING: Step = {
  name: "finding",
  destination: undefined,
  source: undefined,
  guest: undefined,
  response: undefined,
};
const OVER: Step = {
  name: "over",
  destination: undefined,
  source: undefined,
  guest: undefined,
  response: undefined,
};

/** Repeating them changes nothing (RFC 9110, section 9.2.2). */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

/** They say nothing in favour of the visitor: its pass is not valid, or could not be verified. */
const UNPROVEN = new Set<RefusalCode>(["pass_invalid", "edge_unavailable"]);

/** Time after which the keys that verify a pass, or this host after a restart, may be there. */
const RETRY_AFTER_S = 1;

/** A server that is being started rarely listens sooner, and the default limit admits one request a second. */
const PORT_RETRY_AFTER_S = 2;

/** Time after which one of too many waiters may have left. */
const WAITERS_RETRY_AFTER_S = 5;

const WAIT_MALFORMED = "Only a GET without a body can ask to wait for a port.";

/** Longer than the edge's. */
const MAX_REQUEST_ID_LENGTH = 64;

const CLOSED_WITHOUT_RESPONSE = "The server in the sandbox closed the connection before it sent a response.";

function describeHiddenPort(port: number, { upstream }: Destination): string {
  return `The app redirects to port ${port} of its sandbox, and this link opens only port ${upstream.port}.`;
}

/** One request and its response, between a visitor's connection and a guest's. */
export class Exchange implements Waiter {
  readonly head: RequestHead;
  readonly #relay: RelayState;
  readonly #guests: GuestDirectory;
  readonly #visitor: VisitorSide;
  readonly #startedMs: number;
  #step: Step = FINDING;
  #requestEnded: boolean;
  #sentBody = false;
  /** When bytes of a body have moved last, in monotonic milliseconds; most exchanges are too short for that. */
  #movedMs: number | undefined = undefined;
  /** When the guest has sent a piece of its response last. */
  #heardMs: number | undefined = undefined;
  #retried = false;
  #wait: Wait | undefined = undefined;

  constructor(relay: RelayState, guests: GuestDirectory, visitor: VisitorSide, head: RequestHead) {
    this.#relay = relay;
    this.#guests = guests;
    this.#visitor = visitor;
    this.head = head;
    this.#requestEnded = visitor.body.done;
    this.#startedMs = relay.now();
  }

  /** Where the request goes; `undefined` before that is known, and after the end. */
  get destination(): Destination | undefined {
    return this.#step.destination;
  }

  /** Since when nothing has moved of an upload, in monotonic milliseconds; `undefined` where there is none. */
  get uploadIdleSinceMs(): number | undefined {
    if (this.#requestEnded || this.#step.name === "over") return undefined;
    return this.#movedMs ?? this.#startedMs;
  }

  /** The guest's socket, where it was sent something and has sent nothing since then. */
  findSilentGuest(sinceMs: number): net.Socket | undefined {
    const { name, guest } = this.#step;
    const awaits = name === "waiting" || (name === "responding" && !this.#requestEnded);
    return awaits && (this.#heardMs ?? this.#startedMs) <= sinceMs ? guest?.socket : undefined;
  }

  /** The request's body can be sent to the guest now. */
  get takesBody(): boolean {
    return this.#step.guest !== undefined;
  }

  /** @param earlyRefusal why the request gets no further, if so */
  begin(earlyRefusal: Refusal | undefined): void {
    if (earlyRefusal !== undefined) {
      this.#visitor.keepAlive = false;
      this.#refuse(earlyRefusal);
      return;
    }
    let found: Destination | Refusal | Promise<Destination | Refusal>;
    try {
      found = this.#relay.options.findDestination(this.head);
    } catch (error) {
      this.#failToFind(error);
      return;
    }
    if (!(found instanceof Promise)) {
      this.#direct(found);
      return;
    }
    if (this.#visitor.proven) this.#awaitResponse();
    // The body of an unproven visitor is not read.
    else this.#visitor.socket.pause();
    found.then(
      (destination) => this.#direct(destination),
      (error) => this.#failToFind(error),
    );
  }

  #failToFind(error: unknown): void {
    this.#relay.options.onBug?.(error, this.head.requestId?.slice(0, MAX_REQUEST_ID_LENGTH) ?? "");
    this.#refuse(refuse("internal"));
  }

  #direct(found: Destination | Refusal): void {
    if (this.#step.name !== "finding") return;
    if (!isRefusal(found) || !UNPROVEN.has(found.code)) {
      this.#visitor.prove();
      this.#awaitResponse();
    }
    if (isRefusal(found)) {
      this.#refuse(found);
      return;
    }
    if (this.head.asksToWait) this.#openStream(found);
    else this.#enter(found);
  }

  #enter(destination: Destination): void {
    const source = this.#guests.enter(destination, this.head.webSocketKey !== undefined);
    if (isRefusal(source)) {
      this.#refuseAt(destination, source);
      return;
    }
    const guest = source.take();
    if (guest === undefined) this.#dial(destination, source);
    else this.#send(destination, source, guest);
  }

  /** Refuses a request that has no slot; the refusal and the report name its destination. */
  #refuseAt(destination: Destination, refusal: Refusal): void {
    this.#step = { name: "finding", destination, source: undefined, guest: undefined, response: undefined };
    this.#refuse(refusal);
  }

  /** For the page that waits until something listens on its port. The guest never gets its request. */
  #openStream(destination: Destination): void {
    const { method, webSocketKey, minor } = this.head;
    if (method !== "GET" || !this.#requestEnded || webSocketKey !== undefined) {
      this.#refuseAt(destination, refuse("request_malformed", { detail: WAIT_MALFORMED }));
      return;
    }
    if (this.#relay.draining) {
      this.#refuseAt(destination, refuse("draining", { retryAfterS: RETRY_AFTER_S }));
      return;
    }
    const leave = this.#guests.wait(destination, this);
    if (leave === undefined) {
      const retryAfterS = WAITERS_RETRY_AFTER_S;
      this.#refuseAt(destination, refuse("too_many_connections", { retryAfterS }));
      return;
    }
    if (minor === 0) this.#visitor.keepAlive = false;
    const stream = new WaitStream(this.#visitor.socket, minor);
    this.#wait = { leave, stream, closed: undefined, heldS: undefined };
    this.#step = { name: "holding", destination, source: undefined, guest: undefined, response: undefined };
    this.#visitor.deadlineMs = this.#relay.now() + this.#relay.limits.waitStreamMs;
    stream.begin(this.#visitor.keepAlive);
  }

  /** @param event `undefined` where the page is to ask again */
  #endStream(stream: WaitStream, event: WaitEvent | undefined): void {
    const nowMs = this.#relay.now();
    stream.end(event);
    this.#close(nowMs, "answered");
    this.#visitor.onExchangeOver(this.#requestEnded, nowMs);
  }

  /** Holds a request whose port is closed, once, or refuses it. */
  #holdOrRefuse({ destination, source }: Extract<Step, { name: "dialling" }>, closed: Refusal): void {
    const { limits, draining } = this.#relay;
    const holdMs = this.#wait === undefined && !draining ? findHoldTime(this.head, limits) : 0;
    const leave = holdMs > 0 ? this.#guests.wait(destination, this) : undefined;
    if (leave === undefined) {
      this.#refuse(closed);
      return;
    }
    source.leave(destination);
    const heldS = this.head.webSocketKey === undefined ? holdMs / 1000 : undefined;
    this.#wait = { leave, stream: undefined, closed, heldS };
    this.#step = { name: "holding", destination, source: undefined, guest: undefined, response: undefined };
    this.#visitor.deadlineMs = this.#relay.now() + holdMs;
  }

  onPortOpen(): void {
    const { name, destination } = this.#step;
    const wait = this.#wait;
    if (name !== "holding" || wait === undefined || destination === undefined) return;
    if (wait.stream !== undefined) {
      this.#endStream(wait.stream, "open");
      return;
    }
    wait.leave();
    this.#visitor.deadlineMs = this.#relay.now() + this.#relay.limits.responseHeadTimeoutMs;
    this.#enter(destination);
  }

  onGuestClosed(): void {
    this.#endWait(undefined, refuse("guest_not_here"));
  }

  keepAlive(): void {
    this.#wait?.stream?.keepAlive();
  }

  /** The relay stops: what waits for a port asks again, and finds a relay that does not. */
  onDrain(): void {
    this.#endWait(undefined, refuse("draining", { retryAfterS: RETRY_AFTER_S }));
  }

  /** Ends the wait, if there is one. @returns whether there was */
  #endWait(event: WaitEvent | undefined, refusal: Refusal | undefined): boolean {
    const wait = this.#wait;
    if (this.#step.name !== "holding" || wait === undefined) return false;
    if (wait.stream !== undefined) this.#endStream(wait.stream, event);
    else this.#refuse(refusal ?? refuse("port_closed"));
    return true;
  }

  #awaitResponse(): void {
    this.#visitor.deadlineMs = this.#startedMs + this.#relay.limits.responseHeadTimeoutMs;
  }

  #dial(destination: Destination, source: ConnectionSource): void {
    this.#step = { name: "dialling", destination, source, guest: undefined, response: undefined };
    source.dial(this);
  }

  onDialled(dialled: GuestSide | Refusal): void {
    const step = this.#step;
    if (step.name !== "dialling") {
      if (!isRefusal(dialled)) dialled.abandon();
    } else if (!isRefusal(dialled)) this.#send(step.destination, step.source, dialled);
    else if (dialled.code !== "port_closed") this.#refuse(dialled);
    else this.#holdOrRefuse(step, { retryAfterS: PORT_RETRY_AFTER_S, ...dialled });
  }

  #send(destination: Destination, source: ConnectionSource, guest: GuestSide): void {
    this.#step = { name: "waiting", destination, source, guest, response: undefined };
    guest.serve(this);
    guest.writer.begin(rewriteRequestHead(this.head, destination));
    this.#visitor.pumpBody();
    if (this.#step.name === "waiting") guest.writer.flush();
  }

  /** A piece of the request's body. */
  onRequestBody(bytes: Buffer, start: number, end: number, memory: Memory): void {
    const { guest } = this.#step;
    if (start === end || guest === undefined) return;
    this.#sentBody = true;
    if (!guest.writer.write(bytes, start, end, memory)) this.#visitor.socket.pause();
    this.#progress();
  }

  onRequestEnd(): void {
    this.#requestEnded = true;
  }

  /** The framing of the request's body is invalid. */
  onRequestBroken(): void {
    this.#fail(refuse("request_malformed"));
  }

  onGuestDrain(): void {
    this.#visitor.socket.resume();
  }

  onVisitorDrain(): void {
    this.#step.guest?.socket.resume();
  }

  /** An interim response; only 100, where it was asked for, and 103 are passed on (RFC 9110, section 15.2). */
  onInterim(head: ResponseHead): void {
    const { destination } = this.#step;
    const wanted = head.status === 103 || (head.status === 100 && this.head.expectsContinue);
    if (!wanted || this.head.minor === 0 || destination === undefined) return;
    const text = rewriteResponseHead(head, destination);
    this.#visitor.socket.write(`${text}\r\n`, "latin1");
    this.#progress();
  }

  /** The head of the final response. */
  onResponse(head: ResponseHead): void {
    const step = this.#step;
    if (step.name !== "waiting") return;
    const { destination, source, guest } = step;
    const hiddenPort = destination.link === undefined ? undefined : findHiddenPort(head, destination);
    if (hiddenPort !== undefined) {
      this.#refuse(refuse("port_not_linked", { detail: describeHiddenPort(hiddenPort, destination) }));
      return;
    }
    this.#step = { name: "responding", destination, source, guest, response: head };
    const { method, minor } = this.head;
    const { kind, length } = responseBody(method, head);
    const chunked = minor === 1;
    guest.body.start(kind, length, chunked);
    if (!chunked || this.#mustClose()) this.#visitor.keepAlive = false;
    let text = rewriteResponseHead(head, destination) + responseFraming(method, head, chunked);
    if (!this.#visitor.keepAlive) text += "connection: close\r\n";
    this.#visitor.writer.begin(`${text}\r\n`, kind === "untilClose" && chunked);
  }

  /** A piece of the response's body; an empty one makes the head go out. */
  onResponseBody(bytes: Buffer, start: number, end: number, memory: Memory): void {
    const { guest } = this.#step;
    if (guest === undefined) return;
    const { writer } = this.#visitor;
    const canContinue = start === end ? writer.flush() : writer.write(bytes, start, end, memory);
    if (guest.body.done) return;
    if (canContinue) this.#heardMs = this.#progress();
    else guest.socket.pause();
  }

  /**
   * The response is complete.
   *
   * @param excess the guest has sent more bytes behind it
   */
  onResponseEnd(excess: boolean): void {
    const step = this.#step;
    if (step.name !== "responding") return;
    const { guest, response } = step;
    const nowMs = this.#relay.now();
    this.#visitor.writer.end();
    if (excess) this.#relay.counts.guestExcess++;
    this.#close(nowMs, "answered");
    const isReusable = !excess && this.#requestEnded && mayReuseGuest(this.head.method, response);
    if (isReusable) guest.finish(response.keepAliveTimeoutMs, nowMs);
    else guest.abandon();
    this.#visitor.onExchangeOver(this.#requestEnded, nowMs);
  }

  /**
   * A 101.
   *
   * @param rest what the guest has sent behind it
   * @returns false where it does not accept the handshake of the request
   */
  onUpgraded(head: ResponseHead, rest: Buffer): boolean {
    const { destination, source, guest } = this.#step;
    if (guest === undefined || !isWebSocketAccepted(this.head, head)) return false;
    const { socket } = this.#visitor;
    let text = rewriteResponseHead(head, destination);
    const token = head.webSocketProtocol === undefined ? findTokenProtocol(this.head) : undefined;
    if (token !== undefined) text += `sec-websocket-protocol: ${token}\r\n`;
    socket.write(`${text}connection: Upgrade\r\nupgrade: websocket\r\n\r\n`, "latin1");
    this.#step = OVER;
    source.openTunnel({
      destination,
      visitor: socket,
      guest: guest.release(),
      visitorBytes: this.#visitor.release(),
      // The next read overwrites the memory of `rest`.
      guestBytes: Buffer.from(rest),
    });
    return true;
  }

  /** What the guest has sent is not HTTP. */
  onGuestBroken(): void {
    this.#fail(refuse("guest_protocol"));
  }

  /**
   * The guest's connection is closed, and the response is not complete.
   *
   * @param isSilent it had not sent a byte
   */
  onGuestGone(isSilent: boolean): void {
    const step = this.#step;
    if (this.#hasBegun) {
      this.#relay.counts.guestAborted++;
      this.#abort();
    } else if (step.name === "waiting" && isSilent && step.guest.reused && this.#mayRetry()) {
      this.#retried = true;
      this.#relay.counts.retried++;
      this.#dial(step.destination, step.source);
    } else if (isSilent) this.#refuse(refuse("guest_unreachable", { detail: CLOSED_WITHOUT_RESPONSE }));
    else this.#refuse(refuse("guest_protocol"));
  }

  #mayRetry(): boolean {
    return !this.#retried && !this.#sentBody && IDEMPOTENT.has(this.head.method);
  }

  onVisitorLeft(): void {
    if (this.#step.name === "over") return;
    this.#relay.counts.visitorLeft++;
    this.#step.guest?.abandon();
    this.#close(this.#relay.now(), "visitor_left");
  }

  onTimeout(): void {
    if (this.#endWait("timeout", this.#wait?.closed)) return;
    this.#relay.counts.timedOut++;
    const isUnverified = this.#step.name === "finding" && !this.#visitor.proven;
    this.#fail(
      isUnverified ? refuse("edge_unavailable", { retryAfterS: RETRY_AFTER_S }) : refuse("guest_timeout"),
    );
  }

  /** The grant has ended, for this reason. */
  cut(reason: Refusal): void {
    this.#fail(reason);
  }

  /** The relay waits no longer for the response. */
  stop(): void {
    this.#fail(refuse("draining", { retryAfterS: RETRY_AFTER_S }));
  }

  /** The visitor has at least the head of a response. */
  get #hasBegun(): boolean {
    if (this.#step.name === "holding") return this.#wait?.stream !== undefined;
    return this.#step.name === "responding" && !this.#visitor.writer.holdsHead;
  }

  /** Refuses, or resets the visitor's connection where a response has begun: a clean end would complete it. */
  #fail(refusal: Refusal): void {
    if (this.#hasBegun) this.#abort();
    else this.#refuse(refusal);
  }

  #abort(): void {
    this.#step.guest?.abandon();
    this.#close(this.#relay.now(), "aborted");
    resetSocket(this.#visitor.socket);
  }

  #refuse(refusal: Refusal): void {
    const nowMs = this.#relay.now();
    const { destination, guest } = this.#step;
    guest?.abandon();
    this.#visitor.writer.discard();
    if (this.#visitor.proven) this.#visitor.socket.resume();
    if (this.#mustClose() || !this.#visitor.proven || refusal.code === "pass_invalid")
      this.#visitor.keepAlive = false;
    const { keepAlive, socket } = this.#visitor;
    const heldS = this.#wait?.heldS;
    const request = { head: this.head, destination, requestId: this.#requestId(), keepAlive, heldS };
    socket.write(writeRefusal(refusal, request));
    this.#relay.countRefusal(refusal.code);
    this.#close(nowMs, "refused", refusal.code);
    this.#visitor.onExchangeOver(this.#requestEnded, nowMs);
  }

  /** What an unproven visitor calls its request is ignored. */
  #requestId(): string {
    return (
      this.#step.destination?.requestId ?? (this.#visitor.proven ? this.head.requestId : undefined) ?? ""
    );
  }

  /** What the visitor sent or still sends could be taken for its next request: an upload's rest, a tunnel's start. */
  #mustClose(): boolean {
    const expectedTunnel = this.head.webSocketKey !== undefined;
    return !this.#requestEnded || (expectedTunnel && this.#visitor.sentAhead) || this.#relay.draining;
  }

  /** Bytes have moved: the time until the next ones must move starts again. @returns when that was */
  #progress(): number {
    const { bodyIdleTimeoutMs, responseHeadTimeoutMs } = this.#relay.limits;
    const isStreaming = this.#step.name === "responding" || !this.#requestEnded;
    const nowMs = this.#relay.now();
    this.#movedMs = nowMs;
    this.#visitor.deadlineMs = nowMs + (isStreaming ? bodyIdleTimeoutMs : responseHeadTimeoutMs);
    return nowMs;
  }

  get #streamStatus(): number {
    return this.#wait?.stream === undefined ? 0 : 200;
  }

  #close(nowMs: number, outcome: ExchangeOutcome, refused?: RefusalCode): void {
    const { destination, source, response } = this.#step;
    const requestId = this.#requestId();
    const status =
      refused === undefined ? (response?.status ?? this.#streamStatus) : REFUSALS[refused].status;
    this.#step = OVER;
    source?.leave(destination);
    this.#wait?.leave();
    this.#relay.options.onExchange?.({
      requestId,
      proven: this.#visitor.proven,
      upstream: destination?.upstream,
      link: destination?.link?.id,
      method: this.head.method,
      status,
      outcome,
      refused,
      durationMs: nowMs - this.#startedMs,
    });
  }
}
