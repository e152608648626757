import { readFile } from "node:fs/promises";
import * as net from "node:net";
import * as tls from "node:tls";
import type { Config } from "./config.ts";

/**
 * A handshake holds a descriptor before the relay knows the socket, and needs no credential: it has the time of a visitor
 * without a valid pass (`unprovenTimeoutMs`). Node's own limit is two minutes.
 */
export const TLS_HANDSHAKE_TIMEOUT_MS = 5_000;

export interface Listener {
  readonly server: net.Server;
  /** Calls `accept` with each socket as soon as bytes can be read from it. */
  onSocket(accept: (socket: net.Socket) => void): void;
}

/** The connector's server, plain or TLS. */
export async function createListener(
  { tls: files }: Pick<Config, "tls">,
  handshakeTimeout = TLS_HANDSHAKE_TIMEOUT_MS,
): Promise<Listener> {
  const options = { allowHalfOpen: true, noDelay: true };
  if (files === undefined) {
    const server = net.createServer(options);
    return { server, onSocket: (accept) => server.on("connection", accept) };
  }
  const [cert, key] = await Promise.all([readFile(files.certificateFile), readFile(files.keyFile)]);
  const server = tls.createServer({ ...options, cert, key, handshakeTimeout, ALPNProtocols: ["http/1.1"] });
  // Node reports a handshake that failed or took too long, and leaves the socket open.
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return { server, onSocket: (accept) => server.on("secureConnection", accept) };
}
