/**
 * Whose memory bytes are in: the receiver's own; shared by all sockets, so that whatever must stay is copied; or lent,
 * so that whoever keeps it says so by `retainBuffer`.
 */
export const MEMORY = { own: 0, shared: 1, lent: 2 } as const;
export type Memory = (typeof MEMORY)[keyof typeof MEMORY];
