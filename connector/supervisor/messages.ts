import type { Config } from "../config.ts";

/** What the supervisor and its children say to each other over Node's IPC channel. */

/** What one generation needs, as its own code has read it from the configuration. */
export interface Plan {
  readonly config: Config;
}

export interface Start {
  readonly type: "start";
  readonly config: Config;
  /** Counts the supervisor's starts and reloads. */
  readonly generation: number;
  /** Of a relay worker; 0 for the host process. */
  readonly worker: number;
  /** Relay workers of the generation. */
  readonly workers: number;
  readonly takesOver: boolean;
  readonly logLevel: string;
  /** The inherited sockets, by their numbers in the child. */
  readonly descriptors: readonly number[];
}

export type ToChild =
  | Start
  /** To a host process: load the guests and serve. To a worker: join the host process and accept. */
  | { readonly type: "serve"; readonly expectedWorkers: number }
  /** To a host process: another one takes the host over. */
  | { readonly type: "yield" }
  /** To a worker: others accept; finish requests and keep tunnels. */
  | { readonly type: "retire" }
  /** To a worker: finish. `isQueued`: new connections wait in the sockets' queues meanwhile. */
  | { readonly type: "drain"; readonly isQueued: boolean }
  /** To a worker: the keys of session tickets, in base64. */
  | { readonly type: "ticketKeys"; readonly keys: string };

export type FromChild =
  /** Everything that can fail because of the configuration has succeeded. */
  | { readonly type: "prepared" }
  | { readonly type: "serving" }
  | { readonly type: "yielded" }
  /** Its event loop turns. */
  | { readonly type: "alive" }
  /** It ends because of this, in a sentence for the operator. */
  | { readonly type: "failed"; readonly message: string };

/** Order of a host process's inherited sockets. */
export const HOST_DESCRIPTORS = ["control", "hostCalls", "workers"] as const;

/** Between two reports of a child that its event loop turns. */
export const ALIVE_INTERVAL_MS = 1_000;

/** A child that has not reported for so long is killed. */
export const STALLED_AFTER_MS = 10_000;
