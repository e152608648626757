import type { Access, LoopbackMode } from "../../../shared/access.ts";
import type { HostPolicy } from "../../../shared/protocol/pass.ts";

/** What the host keeps of a port's requests. */
export interface PortCapture {
  readonly bodies: boolean;
  /** Fields whose values are masked wherever they are shown, beside those that always are; lower case. */
  readonly mask: readonly string[];
}

/** What an owner has set for one port. */
export interface PortSettings {
  readonly access?: Access;
  readonly hostPolicy?: HostPolicy;
  readonly scheme?: "http" | "https";
  readonly label?: string;
  /** Absent where nothing is kept. */
  readonly capture?: PortCapture;
}

/** What an owner has set for all ports of a sandbox. */
export interface SandboxDefaults {
  readonly access?: Access;
  readonly loopback?: LoopbackMode;
}

/** What a workspace hands down to its sandboxes. */
export interface WorkspaceAccess {
  /** Grows with each change: an older state does not undo a newer one. */
  readonly revision: number;
  readonly access?: Access;
  /** What the org has listed. */
  readonly privatePorts?: readonly number[];
}

/** All that was said about who may visit a sandbox's ports. A sandbox of which nothing was said has none. */
export interface AccessState {
  /** Grows with each change of what applies. */
  readonly revision: number;
  readonly ports: ReadonlyMap<number, PortSettings>;
  readonly own: SandboxDefaults;
  /** From the attach of the present generation. */
  readonly attach?: Access;
  readonly workspace?: WorkspaceAccess;
  /** Masks of ports whose capture has ended: what was kept is still shown without these fields. */
  readonly formerMasks?: ReadonlyMap<number, readonly string[]>;
  /** The host has yet to get what applies; it is tried until then, unix milliseconds. */
  readonly pendingUntilMs?: number;
}

export const NO_ACCESS_STATE: AccessState = { revision: 0, ports: new Map(), own: {} };
