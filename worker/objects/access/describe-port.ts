import type { Access, LoopbackMode } from "../../../shared/access.ts";
import type { HostPolicy } from "../../../shared/protocol/pass.ts";
import type { PortCapture } from "./access-state.ts";
import type { AccessSource, PortAccess } from "./port-access.ts";

/** One port, with what applies to it. */
export interface PortDescription {
  readonly port: number;
  readonly listening: boolean;
  readonly access: Access;
  readonly hostPolicy: HostPolicy;
  readonly scheme: "http" | "https";
  /** Empty where it has none. */
  readonly label: string;
  readonly capture: PortCapture | undefined;
}

/** What applies to the ports of a sandbox of which nothing else is said. */
export interface AccessDescription {
  readonly access: Access;
  readonly source: AccessSource;
  readonly loopback: LoopbackMode;
}

export function describePort(access: PortAccess, port: number, listening: boolean): PortDescription {
  const { hostPolicy = "local", scheme = "http", label = "", capture } = access.settingsOf(port);
  return { port, listening, access: access.of(port), hostPolicy, scheme, label, capture };
}

export function describeAccess({ default: access, source, loopback }: PortAccess): AccessDescription {
  return { access, source, loopback };
}
