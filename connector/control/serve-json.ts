import { chmod, mkdir, rm } from "node:fs/promises";
import * as http from "node:http";
import * as net from "node:net";
import { dirname } from "node:path";
import type { ControlErrorBody } from "../../shared/protocol/control-api.ts";

export interface JsonCall {
  readonly method: string;
  /** As the request has it: not decoded, and with its query. */
  readonly path: string;
  /** `undefined` for no body, a body that is not JSON, and one that is too large. */
  readonly body: unknown;
}

export interface JsonResponse {
  readonly status: number;
  readonly body: unknown;
}

/** A response that is not JSON, which writes itself. */
export interface StreamResponse {
  write(response: http.ServerResponse): void;
}

export interface JsonServer {
  /** Takes no more calls. @returns a promise that resolves when those under way have been answered */
  close(): Promise<void>;
}

/** A path, or a listening socket that is open in this process already, and whose owner cares for its path. */
export type SocketPlace = string | { readonly fd: number };

type JsonOutcome = JsonResponse | StreamResponse;

const MAX_BODY_BYTES = 64 * 1024;

/**
 * Serves a small API on a Unix socket that only its owner can open.
 *
 * @param onBug is called with what `respond` throws; the caller gets a bare 500
 * @throws {Error} where another process listens on the socket
 */
export async function serveJson(
  place: SocketPlace,
  respond: (call: JsonCall) => JsonOutcome | Promise<JsonOutcome>,
  onBug: (error: unknown) => void,
  maxBodyBytes = MAX_BODY_BYTES,
): Promise<JsonServer> {
  if (typeof place === "string") await prepareSocketPath(place);
  const server = http.createServer((request, response) => {
    readCall(request, maxBodyBytes)
      .then(respond)
      .catch((error: unknown): JsonOutcome => {
        onBug(error);
        const body: ControlErrorBody = { error: "internal error; see the log" };
        return { status: 500, body };
      })
      .then((outcome) => {
        if ("write" in outcome) return outcome.write(response);
        response.writeHead(outcome.status, { "content-type": "application/json" });
        response.end(JSON.stringify(outcome.body));
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(place, resolve);
  });
  if (typeof place === "string") await chmod(place, 0o600);
  return { close: () => close(server) };
}

/** A caller that keeps its connection would keep the server from closing. */
function close(server: http.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

async function readCall(request: http.IncomingMessage, maxBodyBytes: number): Promise<JsonCall> {
  const body = await readJson(request, maxBodyBytes);
  return { method: request.method ?? "", path: request.url ?? "", body };
}

async function readJson(request: http.IncomingMessage, maxBodyBytes: number): Promise<unknown> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > maxBodyBytes) return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Makes the directory of a Unix socket, and removes a file that a killed process has left there.
 *
 * @throws {Error} where another process listens on the socket
 */
export async function prepareSocketPath(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await removeStaleSocket(path);
}

/** A socket file without a listener is left over from a killed process. */
async function removeStaleSocket(path: string): Promise<void> {
  const alive = await new Promise<boolean>((resolve) => {
    const probe = net.connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
  if (alive) throw new Error(`another process answers on ${path}`);
  await rm(path, { force: true });
}
