import type * as net from "node:net";
import type { BodyScanner } from "../http1/body-scanner.ts";
import type { MessageWriter } from "../socket/message-writer.ts";

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
