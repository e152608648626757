import type { Generation } from "../../shared/generation.ts";
import type { PortScan } from "../../shared/protocol/agent-protocol.ts";
import type { AccessChange, Revocation } from "../../shared/protocol/host-calls.ts";
import type { CapturedExchange } from "../capture/captured-exchange.ts";
import type { GuestRecord } from "../guests/guest-record.ts";
import type { RelaysStats } from "./sum-stats.ts";

/**
 * What the host process and the relay workers say to each other, over `workers.sock` beside the control socket: only the
 * connector's own user can open it. A worker of a former release talks to the host process of a later one, so members
 * are added, and none is changed; a side ignores what it does not know.
 */

/** One generation of one guest, with what a worker must know to reach its ports. */
export interface GuestState {
  readonly record: GuestRecord;
  /** What its agent has reported last; absent where none is followed. */
  readonly agent?: PortScan;
  /** Open ports that were found without an agent. */
  readonly found: readonly number[];
}

export interface GuestName {
  readonly sandboxId: string;
  readonly generation: Generation;
}

/** @see UsageSeries */
export interface RequestCount extends GuestName {
  readonly port: number;
  readonly bucket: number;
  readonly count: number;
}

export interface RecentRevocation {
  readonly revocation: Revocation;
  /** When the host process has got it; the same in every process. */
  readonly atMs: number;
}

export interface RecentAccessChange {
  readonly change: AccessChange;
  readonly atMs: number;
}

/** What the edge has taken back lately, so that passes made before are refused. */
export interface RecentChanges {
  readonly revocations: readonly RecentRevocation[];
  readonly accessChanges: readonly RecentAccessChange[];
}

/** With its time, which a former release does not send. */
export type Timed<Change> = Change & { readonly atMs?: number };

export interface Joining {
  /** Of the supervisor's generations, the one that the worker belongs to. */
  readonly generation: number;
  readonly worker: number;
  readonly pid: number;
  readonly version: string;
  /** What a former host process has said. */
  readonly recent: RecentChanges;
}

export interface Joined {
  readonly guests: readonly GuestState[];
  readonly recent: RecentChanges;
}

/** The functions of the host process. */
export interface HostFunctions {
  /** A worker's first call: it is welcomed before the response. */
  join(joining: Joining): void;
  /** Responds when the worker has been sent that generation, or the host does not have it. */
  locateGuest(guest: GuestName): Promise<void>;
  /** A guest without an agent has a visitor: its agent is looked for soon. */
  seekAgent(guest: GuestName): void;
  /** Ports of a guest without an agent that a worker has found open or closed. */
  reportPorts(
    found: GuestName & { readonly opened: readonly number[]; readonly closed: readonly number[] },
  ): void;
  /** An exchange of a port that is captured, for the request log; the same once more when it is over. */
  putExchange(recorded: GuestName & { readonly exchange: CapturedExchange }): void;
  /** Requests that were admitted in a bucket of time. */
  countRequests(counts: readonly RequestCount[]): void;
}

/** The functions of a relay worker; a response means that it is done. */
export interface WorkerFunctions {
  /** Comes first, and again from each host process. */
  welcome(joined: Joined): void;
  setGuests(guests: readonly GuestState[]): void;
  removeGuest(guest: GuestName): void;
  /** @returns how many requests and tunnels were cut */
  revoke(revocation: Timed<Revocation>): number;
  /** @returns as `revoke` */
  changeAccess(change: Timed<AccessChange>): number;
  settle(nothing: null): void;
  stats(nothing: null): RelaysStats;
}
