import type * as net from "node:net";
import type { RawGuest } from "../support/relay/raw-guest.ts";

/** What a test can see and do through a target. A case that needs more does not exist for that target. */
export interface TargetCapabilities {
  /** Nothing else reads HTTP between the visitor's socket and the relay: the relay alone decides about each byte. */
  readonly direct: boolean;
  /** The visitor sees a reset where the relay resets its connection. */
  readonly showsResets: boolean;
  /** The visitor can reset its connection; Node resets TCP sockets only, not TLS sockets. */
  readonly sendsResets: boolean;
  /** The guest's server speaks TLS. */
  readonly guestTls?: boolean;
}

/** Something that carries requests to a guest: the relay alone, the whole edge, a microVM behind both. */
export interface ConformanceTarget {
  /** Opens a connection for requests. */
  connect(): net.Socket;
  /** What leads a request to the guest's port: `Host`, and a pass where one is needed. */
  readonly fields: Readonly<Record<string, string>>;
  /** The guest's port as the app knows it. */
  readonly port: number;
  /** The public origin of one of the guest's ports. */
  origin(port: number): string;
  close(): Promise<void>;
}

/** Puts a target in front of a guest. */
export type StartTarget = (guest: RawGuest) => Promise<ConformanceTarget>;
