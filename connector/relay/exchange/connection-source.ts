import type { Refusal } from "../../../shared/refusal/refusal.ts";
import type { Destination } from "../destination.ts";
import type { TunnelStreams } from "../websocket/tunnel.ts";
import type { GuestSide } from "./guest-side.ts";

/** Leads one admitted request to its upstream. */
export interface ConnectionSource {
  /** An idle connection, if there is one. */
  take(): GuestSide | undefined;
  /** Opens a connection, and calls the exchange's `onDialled`. */
  dial(exchange: DiallingExchange): void;
  /** The exchange is over. */
  leave(destination: Destination): void;
  /** The exchange becomes a tunnel; `leave` is not called any more. */
  openTunnel(streams: TunnelStreams): void;
}

/** An exchange that has no connection to its guest yet. */
export interface DiallingExchange {
  onDialled(dialled: GuestSide | Refusal): void;
}
