import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as net from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { RelayLimits, RelayStats } from "../../../connector/relay/relay.ts";

const ENTRY = fileURLToPath(new URL("relay-process.ts", import.meta.url));

/** The sandbox to which the child leads all requests. */
export const RELAY_PROCESS_SANDBOX_ID = "00000000-0000-4000-8000-000000000001";

export interface RelayChildFacts {
  readonly limits?: Partial<RelayLimits>;
  /** The process's limit on open files. */
  readonly maxOpenFiles?: number;
  /** Options of its Node. */
  readonly flags?: readonly string[];
}

export interface RelayChild {
  readonly process: ChildProcess;
  /** It has found at least a part of what it uses of Node's internals. */
  readonly usesInternals: boolean;
  /** Resolves to the exit code. */
  readonly exited: Promise<number | null>;
  connect(): net.Socket;
  stats(): Promise<RelayStats & { rss: number }>;
}

/** A relay in a process of its own. */
export async function startRelayChild(guestPort: number, facts: RelayChildFacts = {}): Promise<RelayChild> {
  const { limits = {}, maxOpenFiles, flags = [] } = facts;
  const facing = JSON.stringify({ guestPort, sandboxId: RELAY_PROCESS_SANDBOX_ID, limits });
  const command = [process.execPath, "--expose-gc", ...flags, ENTRY, facing];
  if (maxOpenFiles !== undefined) command.unshift("prlimit", `--nofile=${maxOpenFiles}:${maxOpenFiles}`);
  const child = spawn(command[0]!, command.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit").then(([code]) => code as number | null);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => JSON.parse((await lines.next()).value as string);
  const { port, usesInternals } = (await nextLine()) as { port: number; usesInternals: boolean };
  return {
    process: child,
    usesInternals,
    exited,
    connect: () => net.connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true }),
    stats() {
      child.kill("SIGUSR2");
      return nextLine();
    },
  };
}
