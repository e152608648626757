import type { Replays } from "../../capture/replay/replays.ts";
import type { RequestLogs } from "../../capture/request-logs.ts";
import type { LoggedGuest, RequestStreams } from "./request-streams.ts";

export interface RequestContext {
  readonly guests: { find(sandboxId: string): LoggedGuest | undefined };
  readonly logs: RequestLogs;
  readonly streams: RequestStreams;
  readonly replays: Replays;
}
