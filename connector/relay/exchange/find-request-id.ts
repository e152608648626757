import type { Destination } from "../destination.ts";
import type { RequestHead } from "../http1/parse-request-head.ts";

/**
 * The name of a request in refusals and reports; empty where it has none.
 *
 * @param proven what an unproven visitor calls its request is ignored
 */
export function findRequestId(
  head: RequestHead,
  destination: Destination | undefined,
  proven: boolean,
): string {
  return destination?.requestId ?? (proven ? head.requestId : undefined) ?? "";
}
