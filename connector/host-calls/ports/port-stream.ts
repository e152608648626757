import type { ServerResponse } from "node:http";
import { encodePortChange, PORT_SNAPSHOT_END } from "../../../shared/protocol/port-events.ts";
import { EventStream } from "../streams/event-stream.ts";
import { dialOnce } from "./dial-once.ts";
import type { StreamedGuest } from "./streamed-guest.ts";

/** Between two attempts to connect to a port that is not open. */
export const DIAL_INTERVAL_MS = 500;

/** One reader's stream of one guest's ports. */
export class PortStream {
  readonly #guest: StreamedGuest;
  readonly #dialled: number | undefined;
  readonly #events: EventStream;
  #sent: ReadonlySet<number> = new Set();

  /** @param onEnd is called once, when the stream has ended */
  constructor(
    guest: StreamedGuest,
    dialled: number | undefined,
    response: ServerResponse,
    onEnd: () => void,
  ) {
    this.#guest = guest;
    this.#dialled = dialled;
    this.#events = new EventStream(response, onEnd);
  }

  start(): void {
    this.report();
    this.#events.write(PORT_SNAPSHOT_END);
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
    if (changes.length > 0) this.#events.write(changes.map(encodePortChange).join(""));
  }

  end(): void {
    this.#events.end();
  }

  /** A successful dial makes the guest report the port. An agent reports by itself. */
  async #dialUntilOpen(port: number): Promise<void> {
    if (this.#events.ended || this.#sent.has(port)) return;
    if (!this.#guest.agentFollowed) await dialOnce(this.#guest, port);
    setTimeout(() => this.#dialUntilOpen(port), DIAL_INTERVAL_MS).unref();
  }
}
