import type * as net from "node:net";
import type { HostPolicy, PassLink } from "../../shared/protocol/pass.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import type { Recording } from "./exchange/recording.ts";
import type { RequestHead } from "./http1/parse-request-head.ts";

/**
 * One generation of one guest: counters and open sockets belong to it. Compared by identity, so that a reused address
 * inherits nothing.
 */
export interface RelayGuest {
  readonly sandboxId: string;
  /** Its owner; absent where the host itself stands in place of a guest. */
  readonly workspace?: string;
}

/** @see HostPolicy */
export type HeaderPolicy = HostPolicy;

/** One port of one guest and one way to reach it. A pool belongs to an upstream, by identity. */
export interface Upstream {
  readonly guest: RelayGuest;
  readonly port: number;
  readonly headerPolicy: HeaderPolicy;
  /** The app speaks TLS; absent where it speaks plain HTTP. */
  readonly scheme?: "https";
  /** Opens a fresh connection to the app; never rejects. */
  dial(): Promise<net.Socket | Refusal>;
  /**
   * Calls `onOpen` once, and not before it returns, when something listens on the port. Absent where nothing can begin to.
   *
   * @returns a function that stops
   */
  readonly watch?: (onOpen: () => void) => () => void;
}

/** Where one request goes, and under which public address it came. */
export interface Destination {
  readonly upstream: Upstream;
  /** `host[:port]` as the visitor sees it, lower case. */
  readonly publicHost: string;
  readonly proto: "https" | "http";
  /** The one address that the edge saw; empty if unknown. */
  readonly clientIp: string;
  readonly requestId: string;
  /** Reached by a signed link: the sandbox's id stays hidden. */
  readonly link: PassLink | undefined;
  /** The origins that may embed it, where it is a link for that. */
  readonly embed?: readonly string[] | undefined;
  /** Whose share of the sandbox's slots the request takes; see `findHolder`. */
  readonly holder: string;
  /** When an open tunnel or stream is cut, unix milliseconds; `undefined` where the grant has no end. */
  readonly expiresAtMs: number | undefined;
  /** The only ports that a refusal may name; absent where it may name all. */
  readonly listedPorts?: readonly number[] | undefined;
  /** Records the exchange; absent unless its port is captured. */
  readonly recorder?: Recorder | undefined;
}

/** Begins recordings for one guest. */
export interface Recorder {
  /** @returns `undefined` where there is no memory for another one */
  begin(head: RequestHead, destination: Destination): Recording | undefined;
}
