/** How a port's listeners can be reached; a port with several listeners has several bits. */
export const DIRECT = 1;
export const LOOPBACK_V4 = 2;
export const LOOPBACK_V6 = 4;

export interface Listener {
  readonly port: number;
  /** `DIRECT`, `LOOPBACK_V4` and `LOOPBACK_V6`, ored. */
  readonly reach: number;
}

const LINE = /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /;
const LISTEN = "0A";

/** The kernel prints each 32-bit word of an address in the byte order of the machine: little-endian. */
const LOOPBACK_V4_HEX = "0100007F";
const LOOPBACK_V4_NET = "7F";
const ANY_V6_HEX = "00000000000000000000000000000000";
const LOOPBACK_V6_HEX = "00000000000000000000000001000000";
const V4_MAPPED_HEX = "0000000000000000FFFF0000";

/**
 * Reads a line of `/proc/net/tcp` or `/proc/net/tcp6` (Linux, Documentation/networking/proc_net_tcp.rst).
 *
 * @returns the listener; `undefined` for a socket in another state, the table's heading, or anything else
 */
export function parseListener(line: string): Listener | undefined {
  const [, address = "", port = "", state] = LINE.exec(line) ?? [];
  if (state !== LISTEN) return undefined;
  return { port: Number.parseInt(port, 16), reach: reachOf(address) };
}

function reachOf(address: string): number {
  if (address.length === 8) return reachOfV4(address);
  if (address.startsWith(V4_MAPPED_HEX)) return reachOfV4(address.slice(V4_MAPPED_HEX.length));
  if (address === LOOPBACK_V6_HEX) return LOOPBACK_V6;
  // It may be IPv6-only, which the table does not show. ::1 reaches it in both cases.
  if (address === ANY_V6_HEX) return DIRECT | LOOPBACK_V6;
  return DIRECT;
}

function reachOfV4(address: string): number {
  if (address === LOOPBACK_V4_HEX) return LOOPBACK_V4;
  // 127.0.0.53 and other loopback addresses serve the guest itself; they are reached in neither way.
  return address.endsWith(LOOPBACK_V4_NET) ? 0 : DIRECT;
}
