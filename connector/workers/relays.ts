import type { AccessChange, Revocation } from "../../shared/protocol/host-calls.ts";
import type { Guest } from "../guests/guest.ts";
import type { RelaysStats } from "./sum-stats.ts";

/** All relays of this host, in whatever processes they run. */
export interface Relays {
  /** Remembers what is revoked, and cuts what is open under it. @returns how many, once every relay has done so */
  revoke(revocation: Revocation): number | Promise<number>;
  /** Remembers who may visit a sandbox's ports, and cuts what is not allowed any more. @returns as `revoke` */
  changeAccess(change: AccessChange): number | Promise<number>;
  /** A guest is attached, or its ports are reached in another way. */
  updateGuest(guest: Guest): void;
  /** The guest is detached: ends everything open towards it at once. */
  closeGuest(guest: Guest): void;
  /** Resolves when every relay has applied the calls before. */
  settle(): Promise<void>;
  stats(): RelaysStats | Promise<RelaysStats>;
}
