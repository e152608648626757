import * as http from "node:http";
import type { AddressInfo } from "node:net";
import type { Status } from "../../shared/protocol/control-api.ts";
import { findUnreadiness } from "./find-unreadiness.ts";
import type { HostSnapshot } from "./host-snapshot.ts";
import { METRICS_CONTENT_TYPE, renderMetrics } from "./render-metrics.ts";

export interface LocalServerOptions {
  readonly host: string;
  readonly port: number;
  status(): Status;
  /** May fail: then there are no metrics. */
  takeSnapshot(): Promise<HostSnapshot>;
  onFailure(error: unknown): void;
}

export interface LocalServer {
  readonly port: number;
  close(): void;
}

const REQUEST_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 32;
const TEXT = "text/plain; charset=utf-8";

/**
 * Serves `/metrics`, `/healthz` and `/readyz` to monitoring on this host. They hold no secret and no name of a sandbox.
 *
 * @throws {Error} of the system, where the address is in use
 */
export async function createLocalServer(options: LocalServerOptions): Promise<LocalServer> {
  const server = http.createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    respond(request, options).then(
      ({ status, type = TEXT, body }) => response.writeHead(status, { "content-type": type }).end(body),
      (error: unknown) => {
        options.onFailure(error);
        response.writeHead(503, { "content-type": TEXT }).end("no metrics now; see the log\n");
      },
    );
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface TextResponse {
  readonly status: number;
  readonly type?: string;
  readonly body: string;
}

async function respond(
  { method, url }: http.IncomingMessage,
  { status, takeSnapshot }: LocalServerOptions,
): Promise<TextResponse> {
  if (method !== "GET") return { status: 405, body: "only GET is served here\n" };
  switch (url) {
    case "/healthz":
      return { status: 200, body: "the process runs\n" };
    case "/readyz": {
      const reasons = findUnreadiness(status(), Date.now());
      return reasons.length === 0
        ? { status: 200, body: "ready\n" }
        : { status: 503, body: `${reasons.join("\n")}\n` };
    }
    case "/metrics":
      return { status: 200, type: METRICS_CONTENT_TYPE, body: await renderMetrics(await takeSnapshot()) };
    default:
      return { status: 404, body: "there are /metrics, /healthz and /readyz\n" };
  }
}
