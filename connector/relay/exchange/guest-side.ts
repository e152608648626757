import type * as net from "node:net";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import type { BodyScanner } from "../http1/body-scanner.ts";
import type { ResponseHead } from "../http1/parse-response-head.ts";
import type { Memory } from "../socket/memory.ts";
import type { MessageWriter } from "../socket/message-writer.ts";

/** A connection to a guest that serves one exchange at a time. */
export interface GuestSide {
  readonly socket: net.Socket;
  readonly writer: MessageWriter;
  /** Of the response. */
  readonly body: BodyScanner;
  /** It has served an exchange before. */
  readonly reused: boolean;
  /** Calls `exchange` with the response to the request that is about to be sent. */
  serve(exchange: ServedExchange): void;
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

/** The exchange that a connection to a guest serves. */
export interface ServedExchange {
  /** Since when nothing has moved of an upload, in monotonic milliseconds; `undefined` where there is none. */
  readonly uploadIdleSinceMs: number | undefined;
  /** The grant or the place has ended, for this reason. */
  cut(reason: Refusal): void;
  onGuestDrain(): void;
  /** An interim response other than a 101. */
  onInterim(head: ResponseHead): void;
  /** The head of the final response. */
  onResponse(head: ResponseHead): void;
  /** A piece of the response's body; an empty one makes the head go out. */
  onResponseBody(bytes: Buffer, start: number, end: number, memory: Memory): void;
  /**
   * The response is complete.
   *
   * @param excess the guest has sent more bytes behind it
   */
  onResponseEnd(excess: boolean): void;
  /**
   * A 101.
   *
   * @param rest what the guest has sent behind it
   * @returns false where it does not accept the handshake of the request
   */
  onUpgraded(head: ResponseHead, rest: Buffer): boolean;
  /** What the guest has sent is not HTTP. */
  onGuestBroken(): void;
  /**
   * The guest's connection is closed, and the response is not complete.
   *
   * @param isSilent it had not sent a byte
   */
  onGuestGone(isSilent: boolean): void;
}
