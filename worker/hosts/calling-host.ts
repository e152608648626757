import type { HostCaller } from "../../shared/protocol/host-token.ts";
import type { HostRecord } from "../objects/messages.ts";

/** A host whose call is accepted, and the connector that made it. */
export interface CallingHost extends HostRecord {
  readonly caller: HostCaller;
}
