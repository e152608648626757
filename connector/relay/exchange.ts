import type * as net from "node:net";
import type { Refusal, RefusalCode } from "../../shared/refusal/refusal.ts";
import { isRefusal, REFUSALS, refuse } from "../../shared/refusal/refusal.ts";
import type { Destination } from "./destination.ts";
import { beginResponse } from "./exchange/begin-response.ts";
import type { ConnectionSource, DiallingExchange } from "./exchange/connection-source.ts";
import type { ExchangeOutcome } from "./exchange/exchange-outcome.ts";
import type { FindingExchange } from "./exchange/find-destination.ts";
import { findDestination } from "./exchange/find-destination.ts";
import { findRequestId } from "./exchange/find-request-id.ts";
import type { GuestDirectory } from "./exchange/guest-directory.ts";
import type { GuestSide, ServedExchange } from "./exchange/guest-side.ts";
import type { Recording } from "./exchange/recording.ts";
import { refuseHiddenPort } from "./exchange/refuse-hidden-port.ts";
import { sendInterim } from "./exchange/send-interim.ts";
import { sendRefusal } from "./exchange/send-refusal.ts";
import type { Step } from "./exchange/step.ts";
import { FINDING, OVER } from "./exchange/step.ts";
import type { VisitorSide } from "./exchange/visitor-side.ts";
import { isIdempotent } from "./http1/is-idempotent.ts";
import type { RequestHead } from "./http1/parse-request-head.ts";
import type { ResponseHead } from "./http1/parse-response-head.ts";
import { mayReuseGuest } from "./http1/response-framing.ts";
import { refuseDraining } from "./lifecycle/refuse-draining.ts";
import { rewriteRequestHead } from "./policy/rewrite-request-head.ts";
import type { RelayState } from "./relay-state.ts";
import type { Memory } from "./socket/memory.ts";
import { resetSocket } from "./socket/reset-socket.ts";
import { holdRequest } from "./waiting/hold-request.ts";
import { openStream } from "./waiting/open-stream.ts";
import type { PortWait, WaitingExchange, WaitRequest } from "./waiting/port-wait.ts";
import { isWebSocketAccepted } from "./websocket/websocket-accept.ts";
import { writeUpgrade } from "./websocket/write-upgrade.ts";

/** They say nothing in favour of the visitor: its pass is not valid, or could not be verified. */
const UNPROVEN = new Set<RefusalCode>(["pass_invalid", "edge_unavailable"]);

/** Time after which the keys that verify a pass may be there. */
const RETRY_AFTER_S = 1;

/** A server that is being started rarely listens sooner, and the default limit admits one request a second. */
const PORT_RETRY_AFTER_S = 2;

const CLOSED_WITHOUT_RESPONSE = "The server in the sandbox closed the connection before it sent a response.";

/** One request and its response, between a visitor's connection and a guest's. */
export class Exchange implements FindingExchange, DiallingExchange, WaitingExchange, ServedExchange {
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
  #wait: PortWait | undefined = undefined;
  #recording: Recording | undefined = undefined;

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
    if (findDestination(this, this.#relay.options)) return;
    if (this.#visitor.proven) this.#awaitResponse();
    // The body of an unproven visitor is not read.
    else this.#visitor.socket.pause();
  }

  onFound(found: Destination | Refusal): void {
    if (this.#step.name !== "finding") return;
    if (!isRefusal(found) || !UNPROVEN.has(found.code)) {
      this.#visitor.prove();
      this.#awaitResponse();
    }
    if (isRefusal(found)) this.#refuse(found);
    else if (this.head.asksToWait) this.#openStream(found);
    else this.#enter(found);
  }

  onFindFailed(): void {
    if (this.#step.name !== "finding") return;
    this.#refuse(refuse("internal"));
  }

  #enter(destination: Destination): void {
    if (destination.recorder !== undefined)
      this.#recording ??= destination.recorder.begin(this.head, destination);
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

  #openStream(destination: Destination): void {
    const wait = openStream(this.#describe(destination), this.#requestEnded);
    if (isRefusal(wait)) this.#refuseAt(destination, wait);
    else this.#hold(destination, wait);
  }

  /** Holds a request whose port is closed, once, or refuses it. */
  #holdOrRefuse({ destination, source }: Extract<Step, { name: "dialling" }>, closed: Refusal): void {
    const wait = this.#wait === undefined ? holdRequest(this.#describe(destination), closed) : undefined;
    if (wait === undefined) {
      this.#refuse(closed);
      return;
    }
    source.leave(destination);
    this.#hold(destination, wait);
  }

  #describe(destination: Destination): WaitRequest {
    const { head } = this;
    return {
      exchange: this,
      head,
      destination,
      visitor: this.#visitor,
      relay: this.#relay,
      guests: this.#guests,
    };
  }

  #hold(destination: Destination, wait: PortWait): void {
    this.#wait = wait;
    this.#step = { name: "holding", destination, source: undefined, guest: undefined, response: undefined };
    this.#visitor.deadlineMs = wait.deadlineMs;
  }

  onWaitOver(result: "answered" | "open" | Refusal): void {
    const { name, destination } = this.#step;
    if (name !== "holding") return;
    if (result === "answered") {
      const nowMs = this.#relay.now();
      this.#close(nowMs, "answered");
      this.#visitor.onExchangeOver(this.#requestEnded, nowMs);
    } else if (result === "open") {
      this.#wait?.leave();
      this.#visitor.deadlineMs = this.#relay.now() + this.#relay.limits.responseHeadTimeoutMs;
      this.#enter(destination);
    } else this.#refuse(result);
  }

  onDrain(): void {
    this.#wait?.onDrain();
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
    const head = rewriteRequestHead(this.head, destination);
    guest.writer.begin(head);
    this.#recording?.onRequestHead(head);
    this.#visitor.pumpBody();
    if (this.#step.name === "waiting") guest.writer.flush();
  }

  /** A piece of the request's body. */
  onRequestBody(bytes: Buffer, start: number, end: number, memory: Memory): void {
    const { guest } = this.#step;
    if (start === end || guest === undefined) return;
    this.#sentBody = true;
    this.#recording?.onRequestBody(bytes, start, end);
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

  onInterim(head: ResponseHead): void {
    const { destination } = this.#step;
    if (destination === undefined) return;
    if (sendInterim(this.#visitor, this.head, head, destination)) this.#progress();
  }

  onResponse(head: ResponseHead): void {
    const step = this.#step;
    if (step.name !== "waiting") return;
    const { destination, source, guest } = step;
    const hidden = refuseHiddenPort(head, destination);
    if (hidden !== undefined) {
      this.#refuse(hidden);
      return;
    }
    this.#step = { name: "responding", destination, source, guest, response: head };
    if (this.#mustClose()) this.#visitor.keepAlive = false;
    beginResponse(this.#visitor, guest, this.head, head, destination);
    this.#recording?.onResponse(head, head.body === "chunked" && this.head.minor === 1);
  }

  onResponseBody(bytes: Buffer, start: number, end: number, memory: Memory): void {
    const { guest } = this.#step;
    if (guest === undefined) return;
    const { writer } = this.#visitor;
    this.#recording?.onResponseBody(bytes, start, end);
    const canContinue = start === end ? writer.flush() : writer.write(bytes, start, end, memory);
    if (guest.body.done) return;
    if (canContinue) this.#heardMs = this.#progress();
    else guest.socket.pause();
  }

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

  onUpgraded(head: ResponseHead, rest: Buffer): boolean {
    const { destination, source, guest } = this.#step;
    if (guest === undefined || !isWebSocketAccepted(this.head, head)) return false;
    const { socket } = this.#visitor;
    this.#recording?.onTunnel(head);
    socket.write(writeUpgrade(this.head, head, destination), "latin1");
    this.#step = OVER;
    source.openTunnel({
      destination,
      visitor: socket,
      guest: guest.release(),
      visitorBytes: this.#visitor.release(),
      // The next read overwrites the memory of `rest`.
      guestBytes: Buffer.from(rest),
      recording: this.#recording,
    });
    return true;
  }

  onGuestBroken(): void {
    this.#fail(refuse("guest_protocol"));
  }

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
    return !this.#retried && !this.#sentBody && isIdempotent(this.head.method);
  }

  onVisitorLeft(): void {
    if (this.#step.name === "over") return;
    this.#relay.counts.visitorLeft++;
    this.#step.guest?.abandon();
    this.#close(this.#relay.now(), "visitor_left");
  }

  onTimeout(): void {
    if (this.#step.name === "holding") {
      this.#wait?.onTimeout();
      return;
    }
    this.#relay.counts.timedOut++;
    const isUnverified = this.#step.name === "finding" && !this.#visitor.proven;
    this.#fail(
      isUnverified ? refuse("edge_unavailable", { retryAfterS: RETRY_AFTER_S }) : refuse("guest_timeout"),
    );
  }

  cut(reason: Refusal): void {
    this.#fail(reason);
  }

  /** The relay waits no longer for the response. */
  stop(): void {
    this.#fail(refuseDraining());
  }

  /** The visitor has at least the head of a response. */
  get #hasBegun(): boolean {
    if (this.#step.name === "holding") return this.#wait?.isStream === true;
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
    const requestId = findRequestId(this.head, destination, this.#visitor.proven);
    const request = { head: this.head, destination, requestId, heldS: this.#wait?.heldS };
    sendRefusal(this.#visitor, refusal, request, this.#mustClose());
    this.#relay.countRefusal(refusal.code);
    this.#close(nowMs, "refused", refusal.code);
    this.#visitor.onExchangeOver(this.#requestEnded, nowMs);
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

  #close(nowMs: number, outcome: ExchangeOutcome, refused?: RefusalCode): void {
    const { destination, source, response } = this.#step;
    const { proven } = this.#visitor;
    const answered = response?.status ?? (this.#wait?.isStream === true ? 200 : 0);
    const status = refused === undefined ? answered : REFUSALS[refused].status;
    this.#step = OVER;
    source?.leave(destination);
    this.#wait?.leave();
    this.#recording?.onOver(outcome, status, refused);
    this.#relay.options.onExchange?.({
      requestId: findRequestId(this.head, destination, proven),
      proven,
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
