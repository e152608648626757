import type * as net from "node:net";
import type { Destination } from "../destination.ts";
import type { GuestUse } from "../guest-use.ts";
import type { RelayState } from "../relay-state.ts";
import { MEMORY, type Memory } from "../socket/memory.ts";
import type { SocketHandler } from "../socket/socket-handler.ts";
import { own, tear } from "../socket/socket-handler.ts";
import { writePiece } from "../socket/write-piece.ts";
import { FrameTracker } from "./frame-tracker.ts";
import { goingAwayFrame } from "./going-away.ts";

/** Two sockets after a 101: what one sends, the other gets, until both have finished or either is gone. */
export class Tunnel {
  /** When a tunnel that is closing, or open on one side only, is given up. */
  deadlineMs = Number.POSITIVE_INFINITY;
  readonly #relay: RelayState;
  readonly #use: GuestUse;
  readonly #visitor: TunnelEnd;
  readonly #guest: TunnelEnd;
  readonly #destination: Destination;
  readonly #startedMs: number;
  #open = true;
  #closing = false;

  /**
   * @param visitorBytes what the visitor has sent ahead
   * @param guestBytes what the guest has sent ahead; its own memory
   */
  constructor(
    relay: RelayState,
    use: GuestUse,
    visitor: net.Socket,
    guest: net.Socket,
    destination: Destination,
    visitorBytes: Buffer | undefined,
    guestBytes: Buffer,
  ) {
    this.#relay = relay;
    this.#use = use;
    this.#destination = destination;
    this.#startedMs = relay.now();
    this.#visitor = new TunnelEnd(this, visitor, false);
    this.#guest = new TunnelEnd(this, guest, true);
    this.#visitor.peer = this.#guest;
    this.#guest.peer = this.#visitor;
    relay.counts.tunnels++;
    relay.tunnels.add(this);
    use.tunnels.add(this);
    for (const end of [this.#visitor, this.#guest]) end.start(relay.limits.keepAliveProbeMs);
    if (visitorBytes !== undefined) this.#guest.send(visitorBytes, visitorBytes.length, MEMORY.own);
    if (guestBytes.length > 0) this.#visitor.send(guestBytes, guestBytes.length, MEMORY.own);
  }

  get destination(): Destination {
    return this.#destination;
  }

  get closing(): boolean {
    return this.#closing;
  }

  /** Says goodbye to both sides, by a close frame as soon as each may get one. */
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

  onMoved(): void {
    if (this.deadlineMs !== Number.POSITIVE_INFINITY) this.onHalfOpen();
  }

  onHalfOpen(): void {
    if (!this.#closing) this.deadlineMs = this.#relay.now() + this.#relay.limits.halfOpenTimeoutMs;
  }

  onEndClosed(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#relay.tunnels.delete(this);
    this.#use.tunnels.delete(this);
    this.#relay.streams--;
    this.#relay.options.onExchange?.({
      requestId: this.#destination.requestId,
      upstream: this.#destination.upstream,
      link: this.#destination.link?.id,
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
  readonly #tunnel: Tunnel;
  readonly #isServer: boolean;
  /** Of what this end gets. */
  readonly #frames = new FrameTracker();
  #leaving = false;
  #ended = false;

  constructor(tunnel: Tunnel, socket: net.Socket, isServer: boolean) {
    this.#tunnel = tunnel;
    this.socket = socket;
    this.#isServer = isServer;
    own(socket, this);
  }

  start(keepAliveProbeMs: number): void {
    this.socket.setKeepAlive(true, keepAliveProbeMs);
    this.socket.resume();
  }

  /** Hands on what the other end has sent; false where this one is slow. */
  send(bytes: Buffer, length: number, memory: Memory): boolean {
    // Nobody waits for what comes after a goodbye.
    if (this.socket.writableEnded) return true;
    if (this.#leaving) return this.#sendLast(bytes, length, memory);
    this.#frames.follow(bytes, 0, length);
    return writePiece(this.socket, bytes, 0, length, memory);
  }

  /** A close frame inside another frame would be taken for a part of it. */
  leave(): void {
    this.#leaving = true;
    if (this.#frames.atBoundary) this.#sayGoodbye();
  }

  #sayGoodbye(): void {
    if (!this.socket.writableEnded) this.socket.end(goingAwayFrame(this.#isServer));
  }

  #sendLast(bytes: Buffer, length: number, memory: Memory): boolean {
    const end = this.#frames.followToBoundary(bytes, 0, length);
    const canContinue = writePiece(this.socket, bytes, 0, end, memory);
    if (this.#frames.atBoundary) this.#sayGoodbye();
    return canContinue;
  }

  onBytes(bytes: Buffer, length: number, memory: Memory): void {
    if (!this.peer.send(bytes, length, memory)) this.socket.pause();
    this.#tunnel.onMoved();
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
    // Without an end it is gone, not finished, and the other side must not take it for that.
    if (this.#ended) this.peer.socket.destroySoon();
    else tear(this.peer.socket);
    this.#tunnel.onEndClosed();
  }
}
