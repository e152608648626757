import { chmod, mkdir, rm } from "node:fs/promises";
import * as http from "node:http";
import * as net from "node:net";
import { dirname } from "node:path";

export interface JsonCall {
  readonly method: string;
  /** Parts of the path between slashes, decoded by nobody. */
  readonly path: readonly string[];
  /** `undefined` for no body, a body that is not JSON, and one that is too large. */
  readonly body: unknown;
}

export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface JsonServer {
  close(): void;
}

const MAX_BODY_BYTES = 64 * 1024;

/**
 * Serves a small API on a Unix socket that only its owner can open.
 *
 * @param onBug hears of what `answer` throws; the caller gets a bare 500
 * @throws {Error} when another process answers on the socket
 */
export async function serveJson(
  socketPath: string,
  answer: (call: JsonCall) => JsonAnswer | Promise<JsonAnswer>,
  onBug: (error: unknown) => void,
): Promise<JsonServer> {
  await mkdir(dirname(socketPath), { recursive: true, mode: 0o700 });
  await removeStaleSocket(socketPath);
  const server = http.createServer((request, response) => {
    readCall(request)
      .then(answer)
      .catch((error: unknown): JsonAnswer => {
        onBug(error);
        return { status: 500, body: { error: "internal error; see the log" } };
      })
      .then(({ status, body }) => {
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify(body));
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath, resolve);
  });
  await chmod(socketPath, 0o600);
  return { close: () => server.close() };
}

async function readCall(request: http.IncomingMessage): Promise<JsonCall> {
  const path = (request.url ?? "").split("/").slice(1);
  return { method: request.method ?? "", path, body: await readJson(request) };
}

async function readJson(request: http.IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > MAX_BODY_BYTES) return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A socket file that nobody listens on is left over from a killed process. */
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
