import type * as net from "node:net";
import type { Destination } from "../destination.ts";
import type { Recording } from "../exchange/recording.ts";
import { copyText } from "../http1/copy-text.ts";
import type { RelayState } from "../relay-state.ts";
import type { Memory } from "../socket/memory.ts";
import { resetSocket } from "../socket/reset-socket.ts";
import type { SocketHandler } from "../socket/socket-handler.ts";
import { setSocketHandler } from "../socket/socket-handler.ts";
import { writePiece } from "../socket/write-piece.ts";
import { FrameTracker } from "./frame-tracker.ts";
import { goingAwayFrame } from "./going-away.ts";

/** The two sockets of a tunnel, and what has come on them before it opens. */
export interface TunnelStreams {
  readonly destination: Destination;
  readonly visitor: net.Socket;
  readonly guest: net.Socket;
  /** Bytes of the visitor behind its request. */
  readonly visitorBytes: Buffer | undefined;
  /** Bytes of the guest behind its 101, in memory that stays unchanged. */
  readonly guestBytes: Buffer;
  readonly recording: Recording | undefined;
}

/** The pool whose guest a tunnel leads to. */
export interface TunnelListener {
  /** Called once. */
  onTunnelClosed(tunnel: Tunnel): void;
}

/** Two sockets after a 101. Each gets what the other sends, until both have finished or either is closed. */
export class Tunnel {
  readonly destination: Destination;
  /** When a tunnel that is closing, or open on one side only, is destroyed. */
  deadlineMs = Number.POSITIVE_INFINITY;
  readonly #relay: RelayState;
  readonly #listener: TunnelListener;
  readonly #visitor: TunnelEnd;
  readonly #guest: TunnelEnd;
  readonly #startedMs: number;
  readonly #recording: Recording | undefined;
  #open = true;
  #closing = false;

  constructor(relay: RelayState, listener: TunnelListener, streams: TunnelStreams) {
    const { destination, visitor, guest, visitorBytes, guestBytes } = streams;
    this.#relay = relay;
    this.#recording = streams.recording;
    this.#listener = listener;
    // The request's id is cut out of a head, which would stay in memory as long as the tunnel.
    this.destination = { ...destination, requestId: copyText(destination.requestId) };
    this.#startedMs = relay.now();
    this.#visitor = new TunnelEnd(this, visitor, false, this.#startedMs);
    this.#guest = new TunnelEnd(this, guest, true, this.#startedMs);
    this.#visitor.peer = this.#guest;
    this.#guest.peer = this.#visitor;
    for (const end of [this.#visitor, this.#guest]) end.start(relay.limits.keepAliveProbeMs);
    if (visitorBytes !== undefined) this.#guest.send(visitorBytes, visitorBytes.length, "own");
    if (guestBytes.length > 0) this.#visitor.send(guestBytes, guestBytes.length, "own");
  }

  /** Since when nothing has moved, in monotonic milliseconds; `undefined` for a tunnel that is closing. */
  get idleSinceMs(): number | undefined {
    return this.#closing ? undefined : Math.max(this.#visitor.heardMs, this.#guest.heardMs);
  }

  /** The guest's socket, where it was sent something and has sent nothing since then. */
  findSilentGuest(sinceMs: number): net.Socket | undefined {
    const { owesReply, heardMs, socket } = this.#guest;
    return owesReply && heardMs <= sinceMs ? socket : undefined;
  }

  get closing(): boolean {
    return this.#closing;
  }

  /** Sends a close frame to each side as soon as a frame may begin there, then ends. */
  close(): void {
    this.#closing = true;
    this.deadlineMs = this.#relay.now() + this.#relay.limits.lingerTimeoutMs;
    this.#visitor.leave();
    this.#guest.leave();
  }

  destroy(): void {
    this.#visitor.socket.destroy();
    this.#guest.socket.destroy();
  }

  onMoved(end: TunnelEnd): void {
    end.heardMs = this.#relay.sweptMs;
    end.owesReply = false;
    if (this.deadlineMs !== Number.POSITIVE_INFINITY) this.onHalfOpen();
  }

  onHalfOpen(): void {
    if (!this.#closing) this.deadlineMs = this.#relay.now() + this.#relay.limits.halfOpenTimeoutMs;
  }

  onEndClosed(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#listener.onTunnelClosed(this);
    this.#recording?.onTunnelClosed(this.#guest.frameCount, this.#visitor.frameCount);
    this.#relay.options.onExchange?.({
      requestId: this.destination.requestId,
      proven: true,
      upstream: this.destination.upstream,
      link: this.destination.link?.id,
      method: "GET",
      status: 101,
      outcome: "tunnel_closed",
      refused: undefined,
      durationMs: this.#relay.now() - this.#startedMs,
    });
  }
}

class TunnelEnd implements SocketHandler {
  readonly socket: net.Socket;
  peer!: TunnelEnd;
  /** When it has sent something last, by the clock of the sweep, which is exact enough and costs nothing. */
  heardMs: number;
  /** It was sent something, and has sent nothing since then. */
  owesReply = false;
  readonly #tunnel: Tunnel;
  readonly #isServer: boolean;
  /** Follows what is sent to this end. */
  readonly #frames = new FrameTracker();
  #leaving = false;
  #ended = false;

  constructor(tunnel: Tunnel, socket: net.Socket, isServer: boolean, nowMs: number) {
    this.heardMs = nowMs;
    this.#tunnel = tunnel;
    this.socket = socket;
    this.#isServer = isServer;
    setSocketHandler(socket, this);
  }

  /** Frames that were sent to this end. */
  get frameCount(): number {
    return this.#frames.count;
  }

  start(keepAliveProbeMs: number): void {
    this.socket.setKeepAlive(true, keepAliveProbeMs);
    this.socket.resume();
  }

  /** Sends on what has come from the other end; false where this end is slow. */
  send(bytes: Buffer, length: number, memory: Memory): boolean {
    // Nothing may follow a close frame (RFC 6455, section 5.5.1).
    if (this.socket.writableEnded) return true;
    if (this.#leaving) return this.#sendLast(bytes, length, memory);
    this.#frames.follow(bytes, 0, length);
    this.owesReply = true;
    return writePiece(this.socket, bytes, 0, length, memory);
  }

  /** Ends with a close frame. Inside another frame it would be taken for a part of that, so it waits for its end. */
  leave(): void {
    this.#leaving = true;
    if (this.#frames.atBoundary) this.#endWithCloseFrame();
  }

  #endWithCloseFrame(): void {
    if (!this.socket.writableEnded) this.socket.end(goingAwayFrame(this.#isServer));
  }

  #sendLast(bytes: Buffer, length: number, memory: Memory): boolean {
    const end = this.#frames.followToBoundary(bytes, 0, length);
    const canContinue = writePiece(this.socket, bytes, 0, end, memory);
    if (this.#frames.atBoundary) this.#endWithCloseFrame();
    return canContinue;
  }

  onBytes(bytes: Buffer, length: number, memory: Memory): void {
    if (!this.peer.send(bytes, length, memory)) this.socket.pause();
    this.#tunnel.onMoved(this);
  }

  onDrain(): void {
    this.peer.socket.resume();
  }

  onEnd(): void {
    this.#ended = true;
    this.peer.socket.end();
    this.#tunnel.onHalfOpen();
  }

  onClose(): void {
    // A socket that closes without an end is broken: a reset passes that on to the other side.
    if (this.#ended) this.peer.socket.destroySoon();
    else resetSocket(this.peer.socket);
    this.#tunnel.onEndClosed();
  }
}
