import { readFile } from "node:fs/promises";
import type * as net from "node:net";
import { normaliseAddress, readTcpTable } from "./read-tcp-table.ts";

/** Of the network namespace of this process, which is that of its sockets. */
const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];

/**
 * Finds those of the sockets whose peer has stopped to acknowledge what is sent to it. Node can neither set
 * TCP_USER_TIMEOUT nor read TCP_INFO, so the kernel's tables are read.
 *
 * @param least retransmissions or probes in a row that got no reply
 * @returns none on a system without these tables (not Linux)
 */
export async function findUnanswered(sockets: readonly net.Socket[], least: number): Promise<net.Socket[]> {
  const localPorts = new Set(sockets.flatMap(({ localPort = [] }) => localPort));
  const texts = await Promise.all(TABLES.map((path) => readFile(path, "latin1").catch(() => "")));
  const unanswered = new Set<string>();
  for (const text of texts) {
    for (const entry of readTcpTable(text, localPorts)) {
      if (entry.unanswered < least) continue;
      unanswered.add(keyOf(entry.localPort, entry.remoteAddress, entry.remotePort));
    }
  }
  return sockets.filter(({ localPort, remoteAddress, remotePort }) => {
    const isOpen = localPort !== undefined && remoteAddress !== undefined && remotePort !== undefined;
    return isOpen && unanswered.has(keyOf(localPort, normaliseAddress(remoteAddress), remotePort));
  });
}

function keyOf(localPort: number, remoteAddress: string, remotePort: number): string {
  return `${localPort} ${remoteAddress} ${remotePort}`;
}
