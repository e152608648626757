import * as net from "node:net";
import type { Refusal, RefusalCode } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";
import { LENDING_READS } from "./lending-reads.ts";

/** The process or the system has no file descriptor or port left for the moment. */
const EXHAUSTED = new Set(["EMFILE", "ENFILE", "ENOBUFS", "EADDRNOTAVAIL"]);

/** By then other connections have given descriptors back. */
const EXHAUSTED_RETRY_AFTER_S = 1;

/**
 * Opens a TCP connection to the first address that accepts it, tried in order.
 *
 * @param timeoutMs per address
 * @returns the socket; `port_closed` where every address refused, `too_many_connections` where this process has no
 *   descriptor left, `guest_timeout` where the last address did not reply in time, else `guest_unreachable`
 */
export async function dialAddresses(
  addresses: readonly { host: string; port: number }[],
  timeoutMs: number,
): Promise<net.Socket | Refusal> {
  let outcome: RefusalCode = addresses.length === 0 ? "guest_unreachable" : "port_closed";
  for (const { host, port } of addresses) {
    const dialled = await dialAddress(host, port, timeoutMs);
    if (typeof dialled !== "string") return dialled;
    if (EXHAUSTED.has(dialled)) {
      return refuse("too_many_connections", { retryAfterS: EXHAUSTED_RETRY_AFTER_S });
    }
    if (dialled === "ETIMEDOUT") outcome = "guest_timeout";
    else if (dialled !== "ECONNREFUSED") outcome = "guest_unreachable";
  }
  return refuse(outcome);
}

/** Resolves to the socket, or to the system's error code. */
function dialAddress(host: string, port: number, timeoutMs: number): Promise<net.Socket | string> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, noDelay: true, allowHalfOpen: true, onread: LENDING_READS });
    const timer = setTimeout(fail, timeoutMs);
    socket.once("connect", succeed);
    socket.once("error", fail);

    function succeed(): void {
      clearTimeout(timer);
      socket.off("error", fail);
      resolve(socket);
    }
    function fail(error?: NodeJS.ErrnoException): void {
      clearTimeout(timer);
      socket.off("connect", succeed);
      socket.destroy();
      resolve(error?.code ?? "ETIMEDOUT");
    }
  });
}
