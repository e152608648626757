import { readSync } from "node:fs";
import { openProcFile } from "./open-proc-file.ts";
import { parseListener } from "./parse-listener.ts";

const CHUNK_BYTES = 65_536;

/** Some 200 000 sockets; further ones are not read. */
const MAX_TABLE_BYTES = 32 * 1024 * 1024;

/** Listening ports and how they are reached (`DIRECT` and the others, ored). */
export type ListeningPorts = Map<number, number>;

/**
 * Opens the kernel's socket tables.
 *
 * Reading is synchronous: a procfs read never waits for a device, and a thread pool would cost memory.
 *
 * @returns a function that reads the ports that listen now
 */
export function openListeners(paths = ["/proc/net/tcp", "/proc/net/tcp6"]): () => ListeningPorts {
  const tables = paths.map(openProcFile).filter((table) => table !== undefined);
  const chunk = Buffer.alloc(CHUNK_BYTES);
  return () => {
    const listening: ListeningPorts = new Map();
    for (const table of tables) readTable(table, chunk, listening);
    return listening;
  };
}

function readTable(table: number, chunk: Buffer, listening: ListeningPorts): void {
  let rest = "";
  let isHeading = true;
  for (let offset = 0; offset < MAX_TABLE_BYTES; ) {
    const length = readSync(table, chunk, 0, chunk.length, offset);
    if (length === 0) return;
    offset += length;
    const lines = (rest + chunk.toString("latin1", 0, length)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const listener = parseListener(line);
      // Listening sockets come first (proc_net_tcp.rst); the sockets after them can be many.
      if (listener === undefined && !isHeading) return;
      isHeading = false;
      if (listener === undefined || listener.reach === 0) continue;
      listening.set(listener.port, (listening.get(listener.port) ?? 0) | listener.reach);
    }
  }
}
