import { setTimeout } from "node:timers/promises";
import { ControlError, callControl } from "./call-control.ts";

/** A connector that has just been started has its socket by then. */
export const START_WAIT_MS = 5_000;
const RETRY_MS = 100;

/**
 * One call to this host's connector, which may still be starting: systemd takes a unit as started before it listens.
 *
 * @throws {ControlError} whose message is a sentence for the operator
 */
export async function callConnector(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
  waitMs = START_WAIT_MS,
): Promise<unknown> {
  const untilMs = Date.now() + waitMs;
  for (;;) {
    try {
      return await callControl(socketPath, method, path, body);
    } catch (error) {
      const absent = error instanceof ControlError && error.absent && Date.now() < untilMs;
      if (!absent) throw error;
    }
    await setTimeout(RETRY_MS);
  }
}
