import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";
import type { Destination } from "../destination.ts";
import type { GuestDirectory } from "../exchange/guest-directory.ts";
import type { VisitorSide } from "../exchange/visitor-side.ts";
import type { RequestHead } from "../http1/parse-request-head.ts";
import { refuseDraining } from "../lifecycle/refuse-draining.ts";
import type { RelayState } from "../relay-state.ts";
import type { WaitEvent } from "./wait-stream.ts";
import { WaitStream } from "./wait-stream.ts";
import type { Waiter } from "./waiters.ts";

/** The exchange of a request that waits for its port. */
export interface WaitingExchange {
  /**
   * The wait has ended.
   *
   * @param result `answered`: the stream of the page that waits is complete; `open`: something listens, and the held
   *   request can go on; else why it cannot
   */
  onWaitOver(result: "answered" | "open" | Refusal): void;
}

/** A request that may have to wait. */
export interface WaitRequest {
  readonly exchange: WaitingExchange;
  readonly head: RequestHead;
  readonly destination: Destination;
  readonly visitor: VisitorSide;
  readonly relay: RelayState;
  readonly guests: GuestDirectory;
}

/** The wait of one request: of the page that waits, which gets a stream of events, or of any other, which is held. */
export class PortWait implements Waiter {
  /** When the wait ends at the latest, in monotonic milliseconds. */
  readonly deadlineMs: number;
  /** For how long the request is held at most, where it prefers to wait (RFC 7240). */
  readonly heldS: number | undefined;
  readonly #exchange: WaitingExchange;
  readonly #answer: WaitStream | Refusal;
  /** `undefined` before the wait and after it. */
  #leave: (() => void) | undefined = undefined;

  private constructor({ exchange, head, relay }: WaitRequest, answer: WaitStream | Refusal, maxMs: number) {
    this.#exchange = exchange;
    this.#answer = answer;
    this.deadlineMs = relay.now() + maxMs;
    const isHeld = !(answer instanceof WaitStream) && head.webSocketKey === undefined;
    this.heldS = isHeld ? maxMs / 1000 : undefined;
  }

  /**
   * Begins to wait.
   *
   * @param answer the page's stream, or what a held request gets if nothing begins to listen
   * @returns `undefined` where too many wait
   */
  static enter(request: WaitRequest, answer: WaitStream | Refusal, maxMs: number): PortWait | undefined {
    const wait = new PortWait(request, answer, maxMs);
    wait.#leave = request.guests.wait(request.destination, wait);
    return wait.#leave === undefined ? undefined : wait;
  }

  /** The visitor has the head of a response. */
  get isStream(): boolean {
    return this.#answer instanceof WaitStream;
  }

  leave(): void {
    this.#leave?.();
    this.#leave = undefined;
  }

  onPortOpen(): void {
    this.#end("open", "open");
  }

  onGuestClosed(): void {
    this.#end(undefined, refuse("guest_not_here"));
  }

  keepAlive(): void {
    if (this.#answer instanceof WaitStream) this.#answer.keepAlive();
  }

  /** The relay stops: the page asks again, and finds a relay that does not. */
  onDrain(): void {
    this.#end(undefined, refuseDraining());
  }

  onTimeout(): void {
    this.#end("timeout", undefined);
  }

  /**
   * Ends the wait, if it has not ended.
   *
   * @param event the stream's last one; `undefined` where the page is to ask again
   * @param result of a held request; `undefined` where nothing has begun to listen
   */
  #end(event: WaitEvent | undefined, result: "open" | Refusal | undefined): void {
    if (this.#leave === undefined) return;
    const answer = this.#answer;
    if (answer instanceof WaitStream) {
      answer.end(event);
      this.#exchange.onWaitOver("answered");
    } else this.#exchange.onWaitOver(result ?? answer);
  }
}
