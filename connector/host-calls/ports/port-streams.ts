import type { ServerResponse } from "node:http";
import { StreamPlaces } from "../streams/stream-places.ts";
import { PortStream } from "./port-stream.ts";
import type { StreamedGuest } from "./streamed-guest.ts";

/**
 * The relay carries the calls of the edge by 256 slots, of which a quarter is for one caller where half of all are
 * taken. So many streams leave room for revocations and launches.
 */
export const MAX_PORT_STREAMS = 64;
export const MAX_PORT_STREAMS_PER_SANDBOX = 8;

/** The open streams of all guests' ports. */
export class PortStreams {
  readonly #places = new StreamPlaces<StreamedGuest, PortStream>({
    max: MAX_PORT_STREAMS,
    maxPerGuest: MAX_PORT_STREAMS_PER_SANDBOX,
  });

  hasRoom(guest: StreamedGuest): boolean {
    return this.#places.hasRoom(guest);
  }

  /** @param dialled a port that is tried until it is open */
  open(guest: StreamedGuest, dialled: number | undefined, response: ServerResponse): void {
    this.#places.open(guest, (onEnd) => new PortStream(guest, dialled, response, onEnd)).start();
  }

  /** Sends what has changed since the last report. */
  report(guest: StreamedGuest): void {
    for (const stream of this.#places.of(guest)) stream.report();
  }

  /** Ends a guest's streams: this generation has ended, or is suspended. */
  end(guest: StreamedGuest): void {
    this.#places.end(guest);
  }

  close(): void {
    this.#places.close();
  }
}
