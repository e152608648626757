import { Replays } from "../../../connector/capture/replay/replays.ts";
import { RequestLogs } from "../../../connector/capture/request-logs.ts";
import type { HostCallOptions } from "../../../connector/host-calls/create-host-call-server.ts";
import { RequestStreams } from "../../../connector/host-calls/requests/request-streams.ts";
import { UsageLog } from "../../../connector/usage/usage-log.ts";

/** What a host keeps of its guests' requests. */
export function createAccounts(
  guests: HostCallOptions["requests"]["guests"],
): Pick<HostCallOptions, "requests" | "usage"> {
  const logs = new RequestLogs(({ sandboxId }) => guests.find(sandboxId) !== undefined);
  return {
    requests: { guests, logs, streams: new RequestStreams(logs), replays: new Replays() },
    usage: { guests, log: new UsageLog() },
  };
}
