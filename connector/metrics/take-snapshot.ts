import type { Status } from "../../shared/protocol/control-api.ts";
import type { Config } from "../config.ts";
import type { Announcer } from "../edge/announcer.ts";
import type { Guest } from "../guests/guest.ts";
import type { Relays } from "../workers/relays.ts";
import { readCertificateEnd } from "./certificate-end.ts";
import type { HostSnapshot } from "./host-snapshot.ts";
import type { ProcessMeter } from "./process-meter.ts";

export interface SnapshotSources {
  readonly config: Pick<Config, "tls">;
  readonly relays: Pick<Relays, "stats">;
  readonly announcer: Pick<Announcer, "describe">;
  /** Of the host's own process. */
  readonly process: ProcessMeter;
  listGuests(): readonly Guest[];
  status(): Status;
}

/** Collects what a scrape shows. @throws {ChannelError} where a relay does not respond */
export async function takeSnapshot(sources: SnapshotSources): Promise<HostSnapshot> {
  const { config, announcer, process } = sources;
  const relays = await sources.relays.stats();
  const certificateEndMs = await readCertificateEnd(config);
  const guests = { known: 0, pending: 0, refused: 0 };
  let agents = 0;
  for (const guest of sources.listGuests()) {
    const { edgeKnows, edgeRefusal } = announcer.describe(guest);
    guests[edgeKnows ? "known" : edgeRefusal === undefined ? "pending" : "refused"]++;
    if (guest.agentFollowed) agents++;
  }
  return {
    nowMs: Date.now(),
    status: sources.status(),
    relays,
    // A relay in the host's own process has reported it already.
    processes: { ...process.read(), ...relays.processes },
    guests,
    agents,
    ...(certificateEndMs !== undefined && { certificateEndMs }),
  };
}
