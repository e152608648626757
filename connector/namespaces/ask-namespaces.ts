import { existsSync } from "node:fs";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { FAILED, GAP, SUCCEEDED } from "./helper-answer.ts";
import type { NamespaceRequest } from "./namespace-request.ts";
import { formatNamespaceRequest, ipArguments } from "./namespace-request.ts";
import { runIp } from "./run-ip.ts";
import type { MonitorListener } from "./spawn-monitor.ts";
import { spawnMonitor } from "./spawn-monitor.ts";

/** Of the helper's socket unit. */
export const HELPER_SOCKET = "/run/preview-connector-namespaces.sock";

/** The helper's own limit for `ip`, and time for it to start. */
const ANSWER_TIMEOUT_MS = 10_000;

/**
 * Asks about network namespaces: the helper, where it is installed, or else `ip` itself, which needs its capabilities in
 * this process then.
 *
 * @returns what `ip` printed
 * @throws {Error} with `ip`'s own words
 */
export function askNamespaces(
  request: Exclude<NamespaceRequest, { verb: "monitor" }>,
  helperSocket = HELPER_SOCKET,
): Promise<string> {
  return existsSync(helperSocket) ? askHelper(request, helperSocket) : runIp(ipArguments(request));
}

async function askHelper(request: NamespaceRequest, helperSocket: string): Promise<string> {
  const socket = connect(helperSocket);
  const timer = setTimeout(() => socket.destroy(new Error("the helper does not answer")), ANSWER_TIMEOUT_MS);
  try {
    socket.write(`${formatNamespaceRequest(request)}\n`);
    const answer = await text(socket);
    if (answer.startsWith(`${SUCCEEDED}\n`)) return answer.slice(SUCCEEDED.length + 1);
    throw new Error(
      answer.startsWith(`${FAILED}\n`) ? answer.slice(FAILED.length + 1) : "the helper has not answered",
    );
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/** Monitors interfaces of all namespaces, through the helper where it is installed. @returns a function that ends it */
export function monitorNamespaces(listener: MonitorListener, helperSocket = HELPER_SOCKET): () => void {
  if (!existsSync(helperSocket)) return spawnMonitor(listener);
  const socket = connect(helperSocket);
  socket.unref();
  socket.on("error", () => socket.destroy());
  socket.once("close", () => listener.onEnd());
  socket.write(`${formatNamespaceRequest({ verb: "monitor" })}\n`);
  const lines = createInterface({ input: socket });
  lines.on("line", (line) => (line === GAP ? listener.onGap() : listener.onLine(line)));
  // The close above is all that matters.
  lines.on("error", () => {});
  return () => socket.destroy();
}
