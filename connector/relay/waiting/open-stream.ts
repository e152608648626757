import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";
import { refuseDraining } from "../lifecycle/refuse-draining.ts";
import type { WaitRequest } from "./port-wait.ts";
import { PortWait } from "./port-wait.ts";
import { WaitStream } from "./wait-stream.ts";

const MALFORMED = "Only a GET without a body can ask to wait for a port.";

/** Time after which one of too many waiters may have left. */
const RETRY_AFTER_S = 5;

/**
 * Lets the page wait that shows until something listens on its port. The guest never gets its request.
 *
 * @param requestEnded all of the request has come
 */
export function openStream(request: WaitRequest, requestEnded: boolean): PortWait | Refusal {
  const { head, relay, visitor } = request;
  if (head.method !== "GET" || !requestEnded || head.webSocketKey !== undefined)
    return refuse("request_malformed", { detail: MALFORMED });
  if (relay.draining) return refuseDraining();
  const stream = new WaitStream(visitor.socket, head.minor);
  const wait = PortWait.enter(request, stream, relay.limits.waitStreamMs);
  if (wait === undefined) return refuse("too_many_connections", { retryAfterS: RETRY_AFTER_S });
  if (head.minor === 0) visitor.keepAlive = false;
  stream.begin(visitor.keepAlive);
  return wait;
}
