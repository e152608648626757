import type { Server, Socket } from "node:net";
import { createServer } from "node:net";
import { FAILED, GAP, SUCCEEDED } from "./helper-answer.ts";
import type { NamespaceRequest } from "./namespace-request.ts";
import { ipArguments, MAX_REQUEST_BYTES, parseNamespaceRequest } from "./namespace-request.ts";
import { runIp } from "./run-ip.ts";
import { spawnMonitor } from "./spawn-monitor.ts";

/** The connector asks at most 4 things at a time; each is a process. More are closed unanswered. */
const MAX_CONNECTIONS = 16;
/** One of the connector's, and one of the connector that takes its place. */
const MAX_MONITORS = 2;
const REQUEST_TIMEOUT_MS = 2_000;
/** A reader with more unread bytes is disconnected; it asks for the state again when it has connected again. */
const MAX_UNREAD_BYTES = 262_144;

/**
 * The helper that looks into network namespaces for the connector. It alone holds capabilities, and so it accepts
 * nothing but the four requests of `namespace-request.ts`, one on each connection, and reads nothing after it.
 */
export function createNamespaceHelper(): Server {
  let monitors = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    readRequest(socket, (request) => {
      if (request === undefined) return answer(socket, FAILED, "not a request");
      if (request.verb !== "monitor") return void answerByIp(socket, request);
      if (monitors >= MAX_MONITORS) return answer(socket, FAILED, "too many monitors");
      monitors++;
      serveMonitor(socket, () => monitors--);
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

/** Calls back once: with the first line, or with `undefined` for what cannot become a request. */
function readRequest(socket: Socket, onRequest: (request: NamespaceRequest | undefined) => void): void {
  let received = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), REQUEST_TIMEOUT_MS);
  socket.once("close", () => clearTimeout(timer));
  const finish = (line: string): void => {
    clearTimeout(timer);
    socket.off("data", read).off("end", endEarly).resume();
    onRequest(parseNamespaceRequest(line));
  };
  const read = (chunk: Buffer): void => {
    received = Buffer.concat([received, chunk.subarray(0, MAX_REQUEST_BYTES + 1)]);
    const end = received.indexOf("\n");
    if (end !== -1) finish(received.toString("latin1", 0, end));
    else if (received.length > MAX_REQUEST_BYTES) finish("");
  };
  const endEarly = (): void => finish("");
  socket.on("data", read);
  socket.once("end", endEarly);
}

function answer(socket: Socket, status: string, text: string): void {
  socket.end(`${status}\n${text}`);
  socket.once("finish", () => socket.destroy());
}

async function answerByIp(socket: Socket, request: NamespaceRequest): Promise<void> {
  try {
    answer(socket, SUCCEEDED, await runIp(ipArguments(request)));
  } catch (error) {
    answer(socket, FAILED, error instanceof Error ? error.message : String(error));
  }
}

function serveMonitor(socket: Socket, onClose: () => void): void {
  const write = (line: string): void => {
    socket.write(`${line}\n`);
    if (socket.writableLength > MAX_UNREAD_BYTES) socket.destroy();
  };
  const stop = spawnMonitor({ onLine: write, onGap: () => write(GAP), onEnd: () => socket.destroy() });
  socket.once("end", () => socket.destroy());
  socket.once("close", () => {
    stop();
    onClose();
  });
}
