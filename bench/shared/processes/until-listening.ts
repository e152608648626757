import { once } from "node:events";
import * as net from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { ProcessGroup } from "./process-group.ts";
import { ProgramError } from "./process-group.ts";

const START_TIMEOUT_MS = 15_000;
const RETRY_INTERVAL_MS = 30;

/** @throws {ProgramError} with the end of the program's output, where a port stays closed */
export async function untilListening(
  group: ProcessGroup,
  name: string,
  ports: readonly number[],
): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (const port of ports) {
    while (!(await isListening(port))) {
      if (Date.now() > deadline) throw new ProgramError(`${name} does not listen: ${group.logTail(name)}`);
      await pause(RETRY_INTERVAL_MS);
    }
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = net.connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
