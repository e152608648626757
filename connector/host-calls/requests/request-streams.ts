import type { ServerResponse } from "node:http";
import { PORT_SNAPSHOT_END } from "../../../shared/protocol/port-events.ts";
import { encodeRequestEvent } from "../../../shared/protocol/request-log.ts";
import type { RequestLogs } from "../../capture/request-logs.ts";
import { summarise } from "../../capture/show/describe-exchange.ts";
import type { Guest } from "../../guests/guest.ts";
import { EventStream } from "../streams/event-stream.ts";
import { StreamPlaces } from "../streams/stream-places.ts";

/** With the streams of ports they take three eighths of the relay's slots for the edge's calls. */
export const MAX_REQUEST_STREAMS = 32;
export const MAX_REQUEST_STREAMS_PER_SANDBOX = 4;

export type LoggedGuest = Pick<Guest, "sandboxId" | "workspace" | "findUpstream">;

/** The open streams of all guests' requests. */
export class RequestStreams {
  readonly #logs: RequestLogs;
  readonly #places = new StreamPlaces<LoggedGuest, EventStream>({
    max: MAX_REQUEST_STREAMS,
    maxPerGuest: MAX_REQUEST_STREAMS_PER_SANDBOX,
  });

  constructor(logs: RequestLogs) {
    this.#logs = logs;
  }

  hasRoom(guest: LoggedGuest): boolean {
    return this.#places.hasRoom(guest);
  }

  /** @param port only requests to this one */
  open(guest: LoggedGuest, port: number | undefined, response: ServerResponse): void {
    let stop = (): void => {};
    const stream = this.#places.open(
      guest,
      (onEnd) =>
        new EventStream(response, () => {
          stop();
          onEnd();
        }),
    );
    stop = this.#logs.listen(guest, (exchange) => {
      if (port === undefined || exchange.port === port) stream.write(encodeRequestEvent(summarise(exchange)));
    });
    stream.write(PORT_SNAPSHOT_END);
  }

  /** Ends a guest's streams: this generation has ended, or is suspended. */
  end(guest: LoggedGuest): void {
    this.#places.end(guest);
  }

  close(): void {
    this.#places.close();
  }
}
