import type { Status } from "../../shared/protocol/control-api.ts";
import type { RelaysStats } from "../workers/sum-stats.ts";
import type { ProcessUses } from "./process-meter.ts";

/** All that a scrape shows, at one moment. */
export interface HostSnapshot {
  readonly nowMs: number;
  readonly status: Status;
  /** Sums over all relays. */
  readonly relays: RelaysStats;
  readonly processes: ProcessUses;
  /** Guests by what the edge knows of them. */
  readonly guests: Readonly<Record<"known" | "pending" | "refused", number>>;
  /** Guests whose agent is followed. */
  readonly agents: number;
  /** Unix milliseconds; absent without TLS, or where the certificate cannot be read. */
  readonly certificateEndMs?: number;
}
