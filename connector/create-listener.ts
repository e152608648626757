import { readFile } from "node:fs/promises";
import * as net from "node:net";
import * as tls from "node:tls";
import type { Config } from "./config.ts";

/**
 * A handshake holds a descriptor before the relay knows the socket, and needs no credential: it has the time of a visitor
 * without a valid pass (`unprovenTimeoutMs`). Node's own limit is two minutes.
 */
export const TLS_HANDSHAKE_TIMEOUT_MS = 5_000;

/**
 * Sessions of one listener are resumed by any process that has its ticket keys. Node's default is a hash of the command
 * line, which may differ between them.
 */
const SESSION_CONTEXT = "preview-connector";

export interface Listener {
  readonly server: net.Server;
  /** Calls `accept` with each socket as soon as bytes can be read from it. */
  onSocket(accept: (socket: net.Socket) => void): void;
  /** Takes the keys of session tickets (`tls/ticket-keys.ts`), in the place of Node's own; nothing where it is plain. */
  setTicketKeys(keys: Buffer): void;
}

/** The connector's server, plain or TLS. */
export async function createListener(
  { tls: files }: Pick<Config, "tls">,
  handshakeTimeout = TLS_HANDSHAKE_TIMEOUT_MS,
): Promise<Listener> {
  const options = { allowHalfOpen: true, noDelay: true };
  if (files === undefined) {
    const server = net.createServer(options);
    return { server, onSocket: (accept) => server.on("connection", accept), setTicketKeys: () => {} };
  }
  const [cert, key] = await Promise.all([readFile(files.certificateFile), readFile(files.keyFile)]);
  const server = tls.createServer({
    ...options,
    cert,
    key,
    handshakeTimeout,
    sessionIdContext: SESSION_CONTEXT,
    ALPNProtocols: ["http/1.1"],
  });
  // Node reports a handshake that failed or took too long, and leaves the socket open.
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return {
    server,
    onSocket: (accept) => server.on("secureConnection", accept),
    setTicketKeys: (keys) => server.setTicketKeys(keys),
  };
}
