import type { Refusal } from "../../../shared/refusal/refusal.ts";
import type { Destination } from "../destination.ts";
import type { RequestHead } from "../http1/parse-request-head.ts";
import type { RelayOptions } from "../relay-state.ts";

/** Longer than the edge's. */
const MAX_REQUEST_ID_LENGTH = 64;

/** An exchange whose destination is not known yet. */
export interface FindingExchange {
  readonly head: RequestHead;
  onFound(found: Destination | Refusal): void;
  /** `RelayOptions.findDestination` threw, which has been reported. */
  onFindFailed(): void;
}

/**
 * Calls `onFound` or `onFindFailed`, at once where that is possible: it saves a turn of the event loop.
 *
 * @returns whether it was
 */
export function findDestination(exchange: FindingExchange, options: RelayOptions): boolean {
  let found: Destination | Refusal | Promise<Destination | Refusal>;
  try {
    found = options.findDestination(exchange.head);
  } catch (error) {
    fail(exchange, options, error);
    return true;
  }
  if (!(found instanceof Promise)) {
    exchange.onFound(found);
    return true;
  }
  waitFor(found, exchange, options);
  return false;
}

/** Apart, so that a request whose destination is found at once allocates nothing for these closures. */
function waitFor(
  found: Promise<Destination | Refusal>,
  exchange: FindingExchange,
  options: RelayOptions,
): void {
  found.then(
    (destination) => exchange.onFound(destination),
    (error) => fail(exchange, options, error),
  );
}

function fail(exchange: FindingExchange, options: RelayOptions, error: unknown): void {
  options.onBug?.(error, exchange.head.requestId?.slice(0, MAX_REQUEST_ID_LENGTH) ?? "");
  exchange.onFindFailed();
}
