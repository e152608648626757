import { isRefusal, REFUSALS, type Refusal, type RefusalCode, refuse } from "../../shared/refusal/refusal.ts";
import type { Destination } from "./destination.ts";
import type { ExchangeOutcome } from "./exchange-report.ts";
import type { GuestConnection } from "./guest-connection.ts";
import type { GuestPool } from "./guest-pool.ts";
import { BODY } from "./http1/body-scanner.ts";
import type { RequestHead } from "./http1/parse-request-head.ts";
import type { ResponseHead } from "./http1/parse-response-head.ts";
import { answerBody, answerFraming, mayReuseGuest } from "./http1/response-framing.ts";
import { rewriteRequestHead } from "./policy/rewrite-request-head.ts";
import { rewriteResponseHead } from "./policy/rewrite-response-head.ts";
import { writeRefusal } from "./policy/write-refusal.ts";
import type { RelayState } from "./relay-state.ts";
import type { Memory } from "./socket/memory.ts";
import { tear } from "./socket/socket-handler.ts";
import type { VisitorConnection } from "./visitor-connection.ts";
import { Tunnel } from "./websocket/tunnel.ts";
import { isWebSocketAccepted } from "./websocket/websocket-accept.ts";

/**
 * finding → dialling → waiting → answering → over
 *
 * - finding: where the request goes is being decided
 * - dialling: a connection to the guest is being opened
 * - waiting: the request is on its way, or there, and no final answer has begun
 * - answering: the visitor has the answer's head; from here on, a failure can only tear
 */
const STEP = { finding: 0, dialling: 1, waiting: 2, answering: 3, over: 4 } as const;

/** Repeating them changes nothing (RFC 9110, section 9.2.2). */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

const CLOSED_UNANSWERED = "The server in the sandbox closed the connection before it answered.";

/** One request and its answer, between one visitor's and one guest's connection. */
export class Exchange {
  readonly head: RequestHead;
  destination: Destination | undefined = undefined;
  readonly #relay: RelayState;
  readonly #visitor: VisitorConnection;
  readonly #startedMs: number;
  #pool: GuestPool | undefined = undefined;
  #guest: GuestConnection | undefined = undefined;
  #answer: ResponseHead | undefined = undefined;
  #step: number = STEP.finding;
  #status = 0;
  #requestEnded: boolean;
  #sentBody = false;
  #retried = false;

  constructor(relay: RelayState, visitor: VisitorConnection, head: RequestHead) {
    this.#relay = relay;
    this.#visitor = visitor;
    this.head = head;
    this.#requestEnded = visitor.body.done;
    this.#startedMs = relay.now();
  }

  /** The guest takes the request's body now. */
  get takesBody(): boolean {
    return this.#guest !== undefined;
  }

  /** @param shed why it gets no further, if so */
  begin(shed: Refusal | undefined): void {
    if (shed !== undefined) {
      this.#visitor.keepAlive = false;
      this.#refuse(shed);
      return;
    }
    this.#visitor.deadlineMs = this.#startedMs + this.#relay.limits.responseHeadTimeoutMs;
    let found: ReturnType<RelayState["options"]["findDestination"]>;
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
    found.then(
      (destination) => this.#direct(destination),
      (error) => this.#failToFind(error),
    );
  }

  #failToFind(error: unknown): void {
    this.#relay.options.onBug?.(error, this.#requestId());
    this.#refuse(refuse("internal"));
  }

  #direct(found: Destination | Refusal): void {
    if (this.#step !== STEP.finding) return;
    if (isRefusal(found)) {
      this.#refuse(found);
      return;
    }
    this.destination = found;
    const pool = this.#relay.poolOf(found.upstream);
    const full = this.#relay.admit(pool.use, this.head.webSocketKey !== undefined);
    if (full !== undefined) {
      this.#refuse(full);
      return;
    }
    this.#pool = pool;
    const guest = pool.take();
    if (guest === undefined) this.#dial(pool);
    else this.#send(guest);
  }

  #dial(pool: GuestPool): void {
    this.#step = STEP.dialling;
    pool.dial(this);
  }

  onDialled(dialled: GuestConnection | Refusal): void {
    if (this.#step !== STEP.dialling) {
      if (!isRefusal(dialled)) dialled.abandon();
    } else if (isRefusal(dialled)) this.#refuse(dialled);
    else this.#send(dialled);
  }

  #send(guest: GuestConnection): void {
    this.#step = STEP.waiting;
    this.#guest = guest;
    guest.serve(this);
    guest.writer.begin(rewriteRequestHead(this.head, this.destination!));
    this.#visitor.pumpBody();
    if (this.#step === STEP.waiting) guest.writer.flush();
  }

  /** A piece of the request's body. */
  onRequestBody(bytes: Buffer, start: number, end: number, memory: Memory): void {
    if (start === end) return;
    this.#sentBody = true;
    if (!this.#guest!.writer.write(bytes, start, end, memory)) this.#visitor.socket.pause();
    this.#progress();
  }

  onRequestEnd(): void {
    this.#requestEnded = true;
  }

  /** The request's body breaks its own framing. */
  onRequestBroken(): void {
    if (this.#step === STEP.answering) this.#tear();
    else this.#refuse(refuse("request_malformed"));
  }

  onGuestDrain(): void {
    this.#visitor.socket.resume();
  }

  onVisitorDrain(): void {
    this.#guest?.socket.resume();
  }

  /** An interim answer; of those only 100, where it was asked for, and 103 travel on (RFC 9110, section 15.2). */
  onInterim(head: ResponseHead): void {
    const wanted = head.status === 103 || (head.status === 100 && this.head.expectsContinue);
    if (!wanted || this.head.minor === 0) return;
    const text = rewriteResponseHead(head, this.destination!);
    this.#visitor.socket.write(`${text}\r\n`, "latin1");
    this.#progress();
  }

  /** The head of the final answer. */
  onAnswer(head: ResponseHead): void {
    this.#step = STEP.answering;
    this.#answer = head;
    this.#status = head.status;
    const { kind, length } = answerBody(this.head.method, head);
    const chunked = this.head.minor === 1;
    this.#guest!.body.start(kind, length, chunked);
    if (!chunked || this.#mustClose()) this.#visitor.keepAlive = false;
    let text = rewriteResponseHead(head, this.destination!) + answerFraming(this.head.method, head, chunked);
    if (!this.#visitor.keepAlive) text += "connection: close\r\n";
    this.#visitor.writer.begin(`${text}\r\n`, kind === BODY.untilClose && chunked);
  }

  /** A piece of the answer's body; an empty one still lets the head go. */
  onAnswerBody(bytes: Buffer, start: number, end: number, memory: Memory): void {
    const { writer } = this.#visitor;
    const canContinue = start === end ? writer.flush() : writer.write(bytes, start, end, memory);
    const { body, socket } = this.#guest!;
    if (body.done) return;
    if (canContinue) this.#progress();
    else socket.pause();
  }

  /**
   * The answer is complete.
   *
   * @param excess more bytes came with it
   */
  onAnswerEnd(excess: boolean): void {
    const guest = this.#guest!;
    const answer = this.#answer!;
    const nowMs = this.#relay.now();
    this.#visitor.writer.end();
    if (excess) this.#relay.counts.guestExcess++;
    this.#close(nowMs, "answered");
    if (!excess && this.#requestEnded && mayReuseGuest(this.head.method, answer)) {
      this.#pool!.give(guest, answer.keepAliveTimeoutMs, nowMs);
    } else guest.abandon();
    this.#visitor.onExchangeOver(this.#requestEnded, nowMs);
  }

  /**
   * A 101.
   *
   * @param rest what the guest has already sent behind it
   * @returns false where it does not answer what was asked
   */
  onUpgraded(head: ResponseHead, rest: Buffer): boolean {
    if (!isWebSocketAccepted(this.head, head)) return false;
    const { socket } = this.#visitor;
    const text = `${rewriteResponseHead(head, this.destination!)}connection: Upgrade\r\nupgrade: websocket\r\n\r\n`;
    socket.write(text, "latin1");
    const guestSocket = this.#guest!.release();
    const early = this.#visitor.release();
    const { use } = this.#pool!;
    use.requests--;
    this.#step = STEP.over;
    // The rest lies in memory that the next read overwrites.
    new Tunnel(this.#relay, use, socket, guestSocket, this.destination!, early, Buffer.from(rest));
    return true;
  }

  /** What the guest sends is not HTTP. */
  onGuestBroken(): void {
    if (this.#step === STEP.answering) this.#tear();
    else this.#refuse(refuse("guest_protocol"));
  }

  /**
   * The guest's connection is gone before the answer's end.
   *
   * @param silent it had not sent a byte
   */
  onGuestGone(silent: boolean): void {
    const guest = this.#guest!;
    this.#guest = undefined;
    if (this.#step === STEP.answering) {
      this.#relay.counts.guestTorn++;
      this.#tear();
    } else if (silent && guest.reused && this.#mayRetry()) {
      this.#retried = true;
      this.#relay.counts.retried++;
      this.#dial(this.#pool!);
    } else if (silent) this.#refuse(refuse("guest_unreachable", { detail: CLOSED_UNANSWERED }));
    else this.#refuse(refuse("guest_protocol"));
  }

  #mayRetry(): boolean {
    return !this.#retried && !this.#sentBody && IDEMPOTENT.has(this.head.method);
  }

  onVisitorLeft(): void {
    if (this.#step === STEP.over) return;
    this.#relay.counts.visitorLeft++;
    this.#guest?.abandon();
    this.#close(this.#relay.now(), "visitor_left");
  }

  onTimeout(): void {
    this.#relay.counts.timedOut++;
    if (this.#step === STEP.answering) this.#tear();
    else this.#refuse(refuse("guest_timeout"));
  }

  /** The grant ends here, or the relay. */
  cut(): void {
    this.#tear();
  }

  #tear(): void {
    this.#guest?.abandon();
    this.#close(this.#relay.now(), "aborted");
    tear(this.#visitor.socket);
  }

  #refuse(refusal: Refusal): void {
    const nowMs = this.#relay.now();
    this.#guest?.abandon();
    this.#visitor.socket.resume();
    if (this.#mustClose()) this.#visitor.keepAlive = false;
    const { keepAlive, socket } = this.#visitor;
    socket.write(writeRefusal(refusal, this.head, this.destination, this.#requestId(), keepAlive));
    this.#relay.countRefusal(refusal.code);
    this.#close(nowMs, "refused", refusal.code);
    this.#visitor.onExchangeOver(this.#requestEnded, nowMs);
  }

  #requestId(): string {
    return this.destination?.requestId ?? this.head.requestId ?? "";
  }

  /** What the visitor sent or still sends could be taken for its next request: an upload's rest, a tunnel's start. */
  #mustClose(): boolean {
    const expectedTunnel = this.head.webSocketKey !== undefined;
    return !this.#requestEnded || (expectedTunnel && this.#visitor.sentAhead) || this.#relay.draining;
  }

  /** Either side has moved: the time until the next move starts again. */
  #progress(): void {
    const { bodyIdleTimeoutMs, responseHeadTimeoutMs } = this.#relay.limits;
    const streaming = this.#step === STEP.answering || !this.#requestEnded;
    this.#visitor.deadlineMs = this.#relay.now() + (streaming ? bodyIdleTimeoutMs : responseHeadTimeoutMs);
  }

  #close(nowMs: number, outcome: ExchangeOutcome, refused?: RefusalCode): void {
    this.#step = STEP.over;
    this.#guest = undefined;
    if (this.#pool !== undefined) {
      this.#pool.use.requests--;
      this.#relay.streams--;
    }
    this.#relay.options.onExchange?.({
      requestId: this.#requestId(),
      upstream: this.destination?.upstream,
      link: this.destination?.link?.id,
      method: this.head.method,
      status: refused === undefined ? this.#status : REFUSALS[refused].status,
      outcome,
      refused,
      durationMs: nowMs - this.#startedMs,
    });
  }
}
