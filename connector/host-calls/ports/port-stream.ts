import type { ServerResponse } from "node:http";
import {
  encodePortChange,
  MAX_PORT_STREAM_MS,
  PORT_PING,
  PORT_PING_MS,
  PORT_SNAPSHOT_END,
} from "../../../shared/protocol/port-events.ts";
import { dialOnce } from "./dial-once.ts";
import type { StreamedGuest } from "./streamed-guest.ts";

/** A reader that leaves more than this unread loses its stream. */
export const MAX_UNREAD_BYTES = 64 * 1024;

/** Between two attempts to connect to a port that is not open. */
export const DIAL_INTERVAL_MS = 500;

/** One reader's stream of one guest's ports. */
export class PortStream {
  readonly #guest: StreamedGuest;
  readonly #dialled: number | undefined;
  readonly #response: ServerResponse;
  readonly #timers: readonly NodeJS.Timeout[];
  #sent: ReadonlySet<number> = new Set();
  #ended = false;

  /** @param onEnd is called once, when the stream has ended */
  constructor(
    guest: StreamedGuest,
    dialled: number | undefined,
    response: ServerResponse,
    onEnd: () => void,
  ) {
    this.#guest = guest;
    this.#dialled = dialled;
    this.#response = response;
    this.#timers = [
      setInterval(() => this.#write(PORT_PING), PORT_PING_MS),
      setTimeout(() => this.end(), MAX_PORT_STREAM_MS),
    ];
    response.once("close", () => {
      this.#ended = true;
      for (const timer of this.#timers) clearTimeout(timer);
      onEnd();
    });
  }

  start(): void {
    this.#response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    this.report();
    this.#write(PORT_SNAPSHOT_END);
    if (this.#dialled !== undefined) this.#dialUntilOpen(this.#dialled);
  }

  /** Sends each port that has opened or closed since the last report. */
  report(): void {
    const open = new Set(this.#guest.ports);
    const closed = [...this.#sent].filter((port) => !open.has(port));
    const opened = [...open].filter((port) => !this.#sent.has(port));
    this.#sent = open;
    const changes = [
      ...closed.map((port) => ({ port, open: false })),
      ...opened.map((port) => ({ port, open: true })),
    ];
    if (changes.length > 0) this.#write(changes.map(encodePortChange).join(""));
  }

  end(): void {
    if (!this.#ended) this.#response.end();
  }

  #write(text: string): void {
    if (this.#ended || this.#response.writableEnded) return;
    this.#response.write(text);
    if (this.#response.writableLength > MAX_UNREAD_BYTES) this.#response.destroy();
  }

  /** A successful dial makes the guest report the port. An agent reports by itself. */
  async #dialUntilOpen(port: number): Promise<void> {
    if (this.#ended || this.#sent.has(port)) return;
    if (!this.#guest.agentFollowed) await dialOnce(this.#guest, port);
    setTimeout(() => this.#dialUntilOpen(port), DIAL_INTERVAL_MS).unref();
  }
}
