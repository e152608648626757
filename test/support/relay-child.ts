import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as net from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { RelayLimits, RelayStats } from "../../connector/relay/relay.ts";

const ENTRY = fileURLToPath(new URL("relay-process.ts", import.meta.url));

export interface RelayChild {
  readonly process: ChildProcess;
  /** Resolves to the exit code. */
  readonly exited: Promise<number | null>;
  connect(): net.Socket;
  stats(): Promise<RelayStats & { rss: number }>;
}

/**
 * A relay in a process of its own.
 *
 * @param maxOpenFiles its limit of descriptors
 */
export async function startRelayChild(
  guestPort: number,
  limits: Partial<RelayLimits> = {},
  maxOpenFiles?: number,
): Promise<RelayChild> {
  const command = [process.execPath, "--expose-gc", ENTRY, JSON.stringify({ guestPort, limits })];
  if (maxOpenFiles !== undefined) command.unshift("prlimit", `--nofile=${maxOpenFiles}:${maxOpenFiles}`);
  const child = spawn(command[0]!, command.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit").then(([code]) => code as number | null);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => JSON.parse((await lines.next()).value as string);
  const { port } = (await nextLine()) as { port: number };
  return {
    process: child,
    exited,
    connect: () => net.connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true }),
    stats() {
      child.kill("SIGUSR2");
      return nextLine();
    },
  };
}
