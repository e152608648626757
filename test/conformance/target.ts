import type * as net from "node:net";
import type { RawGuest } from "../support/raw-guest.ts";

/** Something that carries requests to a guest: the relay alone, the whole edge, a microVM behind both. */
export interface ConformanceTarget {
  /** Opens a connection for requests. */
  connect(): net.Socket;
  /** What leads a request to the guest's port: `Host`, and a pass where one is needed. */
  readonly fields: Readonly<Record<string, string>>;
  /** The guest's port as the app believes in it. */
  readonly port: number;
  /** The public origin of one of the guest's ports. */
  origin(port: number): string;
  /** Nothing else reads HTTP between the visitor's socket and the relay: every byte is the relay's own doing. */
  readonly direct: boolean;
  /** A torn connection shows as a reset; by default where `direct`. */
  readonly resets?: boolean;
  close(): Promise<void>;
}

/** Puts a target in front of a guest. */
export type StartTarget = (guest: RawGuest) => Promise<ConformanceTarget>;
