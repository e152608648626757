import { execFile } from "node:child_process";

/** A child that does not end by itself must not stay for ever. */
const NOTIFY_TIMEOUT_MS = 10_000;

/**
 * Sends a state to systemd (sd_notify(3)) by `systemd-notify`, since Node has no Unix datagram sockets. Does nothing where
 * systemd does not wait for it. A child takes 3 ms of CPU.
 */
export function notifySystemd(state: string, onError: (error: Error) => void): void {
  if (process.env.NOTIFY_SOCKET === undefined) return;
  try {
    execFile("systemd-notify", [state], { timeout: NOTIFY_TIMEOUT_MS }, (error) => {
      if (error !== null) onError(error);
    });
  } catch (error) {
    // Node throws some failures to start a child, ENOMEM among them.
    onError(error as Error);
  }
}

/** @returns after how many milliseconds systemd wants a sign of life; `undefined` where it wants none */
export function watchdogIntervalMs(env: Readonly<Record<string, string | undefined>>): number | undefined {
  const limitUs = Number(env.WATCHDOG_USEC);
  const isForUs = env.WATCHDOG_PID === undefined || env.WATCHDOG_PID === String(process.pid);
  return isForUs && Number.isSafeInteger(limitUs) && limitUs > 0 ? limitUs / 1000 / 3 : undefined;
}
