import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { findHoldTime } from "./find-hold-time.ts";
import type { WaitRequest } from "./port-wait.ts";
import { PortWait } from "./port-wait.ts";

/**
 * Holds a request whose port is closed.
 *
 * @param closed what it gets if nothing begins to listen
 * @returns `undefined` where it is to be refused at once
 */
export function holdRequest(request: WaitRequest, closed: Refusal): PortWait | undefined {
  const { head, relay } = request;
  const holdMs = relay.draining ? 0 : findHoldTime(head, relay.limits);
  return holdMs > 0 ? PortWait.enter(request, closed, holdMs) : undefined;
}
