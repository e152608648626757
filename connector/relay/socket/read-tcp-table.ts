import ipaddr from "ipaddr.js";

/** One connection in `/proc/net/tcp` or `/proc/net/tcp6` (proc_net_tcp in the kernel's documentation). */
export interface TcpEntry {
  readonly localPort: number;
  /** As `normaliseAddress` writes it. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Retransmissions or probes in a row that got no reply. */
  readonly unanswered: number;
}

/** Where the parts of a line are, counted in its words. */
const LOCAL = 1;
const REMOTE = 2;
const RETRANSMISSIONS = 6;
const PROBES = 8;

const PORT_DIGITS = 4;
const WORD_BYTES = 4;

/**
 * Reads the lines of the given local ports. A host may have tens of thousands of connections, so of all others nothing
 * but the port is read.
 *
 * @param text the table, with its heading
 */
export function* readTcpTable(text: string, localPorts: ReadonlySet<number>): Iterable<TcpEntry> {
  for (let start = text.indexOf("\n") + 1; start > 0 && start < text.length; ) {
    const next = text.indexOf("\n", start);
    const end = next === -1 ? text.length : next;
    if (localPorts.has(localPortOf(text, start))) yield readLine(text.slice(start, end));
    start = end + 1;
  }
}

/** The text of an IP address in which equal addresses have equal texts; an IPv4 address in IPv6 becomes IPv4. */
export function normaliseAddress(address: string): string {
  return ipaddr.process(address).toString();
}

/** From `  12: 0100007F:1F90 …`. */
function localPortOf(text: string, start: number): number {
  const portAt = text.indexOf(":", text.indexOf(":", start) + 1) + 1;
  return Number.parseInt(text.slice(portAt, portAt + PORT_DIGITS), 16);
}

function readLine(line: string): TcpEntry {
  const words = line.split(" ").filter((word) => word !== "");
  const [, localPort = ""] = words[LOCAL]!.split(":");
  const [remoteAddress = "", remotePort = ""] = words[REMOTE]!.split(":");
  return {
    localPort: Number.parseInt(localPort, 16),
    remoteAddress: readAddress(remoteAddress),
    remotePort: Number.parseInt(remotePort, 16),
    unanswered: Math.max(Number.parseInt(words[RETRANSMISSIONS]!, 16), Number(words[PROBES])),
  };
}

/** Words of four bytes, each in the machine's order; every machine that runs a connector is little-endian. */
function readAddress(hex: string): string {
  const bytes = Buffer.from(hex, "hex");
  for (let start = 0; start < bytes.length; start += WORD_BYTES)
    bytes.subarray(start, start + WORD_BYTES).reverse();
  return normaliseAddress(ipaddr.fromByteArray([...bytes]).toString());
}
