import type { ExchangeReport } from "../relay/relay.ts";

/** Requests by the class of their status; `none` where no response was sent. */
export type ResponseCounts = Readonly<Record<"1xx" | "2xx" | "3xx" | "4xx" | "5xx" | "none", number>>;

/** Counts finished exchanges by plain numbers. */
export class ExchangeMeter {
  /** By the hundreds of the status; the first one for no response. */
  readonly #classes = [0, 0, 0, 0, 0, 0];

  count({ status }: Pick<ExchangeReport, "status">): void {
    const index = status >= 100 && status < 600 ? Math.trunc(status / 100) : 0;
    this.#classes[index]!++;
  }

  counts(): ResponseCounts {
    const [none, informational, success, redirect, client, server] = this.#classes as [
      ...[number, number, number, number, number, number],
    ];
    return { "1xx": informational, "2xx": success, "3xx": redirect, "4xx": client, "5xx": server, none };
  }
}
