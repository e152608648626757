/** Who may visit a port: anyone, only visitors with a link, or nobody. */
export const ACCESS_MODES = ["public", "private", "off"] as const;

export type Access = (typeof ACCESS_MODES)[number];

/** Whether a port whose server listens on the guest's loopback only is reached. */
export const LOOPBACK_MODES = ["on", "off"] as const;

export type LoopbackMode = (typeof LOOPBACK_MODES)[number];

/** Ports of one sandbox that may have settings of their own. */
export const MAX_PORTS_WITH_SETTINGS = 64;

/** Ports that an org may list as private while they are bound to loopback only. */
export const MAX_PRIVATE_PORTS = 32;

/** Node's inspector: whoever reaches it runs code in the app. Private while it is bound to loopback only. */
export const DEBUGGER_PORT = 9229;

/** Ports that any visitor may open: all but the exceptions, or only those. */
export interface PublicPorts {
  readonly byDefault: boolean;
  readonly except: readonly number[];
}

export function isPublicPort({ byDefault, except }: PublicPorts, port: number): boolean {
  return byDefault !== except.includes(port);
}
