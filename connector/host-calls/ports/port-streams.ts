import type { ServerResponse } from "node:http";
import { createShare, isShareUsed } from "../../relay/capacity/share.ts";
import { PortStream } from "./port-stream.ts";
import type { StreamedGuest } from "./streamed-guest.ts";

/**
 * The relay carries the calls of the edge by 256 slots, of which a quarter is for one caller where half of all are
 * taken. So many streams leave room for revocations and launches.
 */
export const MAX_PORT_STREAMS = 64;
export const MAX_PORT_STREAMS_PER_SANDBOX = 8;

/** A workspace has a quarter of all streams once half of them are open, as it has of the relay's. */
const WORKSPACE_SHARE = createShare(MAX_PORT_STREAMS, 25, 50);

/** The open streams of all guests' ports. */
export class PortStreams {
  readonly #byGuest = new Map<StreamedGuest, Set<PortStream>>();
  #count = 0;

  hasRoom(guest: StreamedGuest): boolean {
    const open = this.#byGuest.get(guest)?.size ?? 0;
    if (this.#count >= MAX_PORT_STREAMS || open >= MAX_PORT_STREAMS_PER_SANDBOX) return false;
    return !isShareUsed(WORKSPACE_SHARE, this.#count, this.#countOf(guest.workspace));
  }

  #countOf(workspace: string): number {
    let count = 0;
    for (const [guest, streams] of this.#byGuest) if (guest.workspace === workspace) count += streams.size;
    return count;
  }

  /** @param dialled a port that is tried until it is open */
  open(guest: StreamedGuest, dialled: number | undefined, response: ServerResponse): void {
    const streams = this.#byGuest.get(guest) ?? new Set();
    const stream = new PortStream(guest, dialled, response, () => {
      this.#count -= 1;
      streams.delete(stream);
      if (streams.size === 0) this.#byGuest.delete(guest);
    });
    this.#count += 1;
    this.#byGuest.set(guest, streams.add(stream));
    stream.start();
  }

  /** Sends what has changed since the last report. */
  report(guest: StreamedGuest): void {
    for (const stream of this.#byGuest.get(guest) ?? []) stream.report();
  }

  /** Ends a guest's streams: this generation has ended, or is suspended. */
  end(guest: StreamedGuest): void {
    for (const stream of [...(this.#byGuest.get(guest) ?? [])]) stream.end();
  }

  close(): void {
    for (const guest of [...this.#byGuest.keys()]) this.end(guest);
  }
}
