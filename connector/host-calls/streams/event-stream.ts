import type { ServerResponse } from "node:http";
import { MAX_PORT_STREAM_MS, PORT_PING, PORT_PING_MS } from "../../../shared/protocol/port-events.ts";

/** A reader that leaves more than this unread loses its stream. */
export const MAX_UNREAD_BYTES = 64 * 1024;

/** One reader's stream of events, with comments in silence, and an end. */
export class EventStream {
  readonly #response: ServerResponse;
  #ended = false;

  /** @param onEnd is called once, when the stream has ended */
  constructor(response: ServerResponse, onEnd: () => void) {
    this.#response = response;
    const timers = [
      setInterval(() => this.write(PORT_PING), PORT_PING_MS),
      setTimeout(() => this.end(), MAX_PORT_STREAM_MS),
    ];
    response.once("close", () => {
      this.#ended = true;
      for (const timer of timers) clearTimeout(timer);
      onEnd();
    });
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  }

  get ended(): boolean {
    return this.#ended;
  }

  write(text: string): void {
    if (this.#ended || this.#response.writableEnded) return;
    this.#response.write(text);
    if (this.#response.writableLength > MAX_UNREAD_BYTES) this.#response.destroy();
  }

  end(): void {
    if (!this.#ended) this.#response.end();
  }
}
