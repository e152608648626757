import type { Refusal } from "../../../shared/refusal/refusal.ts";
import type { Destination } from "../destination.ts";
import type { Waiter } from "../waiting/waiters.ts";
import type { ConnectionSource } from "./connection-source.ts";

/** Admits requests to their upstreams. */
export interface GuestDirectory {
  /** @param isUpgrade the request may become a tunnel */
  enter(destination: Destination, isUpgrade: boolean): ConnectionSource | Refusal;
  /**
   * Lets a request wait for its port, which has not entered or has left.
   *
   * @returns a function that ends the wait; `undefined` where too many wait
   */
  wait(destination: Destination, waiter: Waiter): (() => void) | undefined;
}
