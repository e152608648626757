import { createHash } from "node:crypto";
import * as net from "node:net";
import * as tls from "node:tls";
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import type { Credentials } from "./tls/credentials.ts";
import { readCredentials } from "./tls/credentials.ts";
import { CredentialsWatch } from "./tls/credentials-watch.ts";

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

/** OpenSSL's limit for the name of a session context (`SSL_MAX_SID_CTX_LENGTH`). */
const MAX_CONTEXT_CHARACTERS = 32;

/**
 * Node's own, in an order that begins with AES-128: its bulk costs less CPU than AES-256, and a client may choose neither
 * where the server has an order.
 */
const CIPHERS = [...new Set(["TLS_AES_128_GCM_SHA256", ...tls.DEFAULT_CIPHERS.split(":")])].join(":");

export interface Listener {
  readonly server: net.Server;
  /** Calls `accept` with each socket as soon as bytes can be read from it, and never for a client that is refused. */
  onSocket(accept: (socket: net.Socket) => void): void;
  /** Takes the keys of session tickets (`tls/ticket-keys.ts`), in the place of Node's own; nothing where it is plain. */
  setTicketKeys(keys: Buffer): void;
  /** Looks at certificate, key and client CA now, and not only every few seconds: twice, since files have to be settled. */
  reload(): Promise<void>;
}

export interface ListenerOptions {
  readonly handshakeTimeoutMs?: number;
  /** For certificates that were reloaded, or could not be. */
  readonly log?: Pick<Logger, "info" | "error">;
}

/**
 * The connector's server, plain or TLS. Certificate, key and client CA are read again when they change, until the server is
 * closed; connections that are open stay open.
 *
 * @throws {CredentialsError} where they cannot be used
 */
export async function createListener(
  { tls: files }: Pick<Config, "tls">,
  { handshakeTimeoutMs = TLS_HANDSHAKE_TIMEOUT_MS, log }: ListenerOptions = {},
): Promise<Listener> {
  const options = { allowHalfOpen: true, noDelay: true };
  if (files === undefined) {
    const server = net.createServer(options);
    const onSocket: Listener["onSocket"] = (accept) => server.on("connection", accept);
    return { server, onSocket, setTicketKeys: () => {}, reload: async () => {} };
  }
  const current = await readCredentials(files);
  const isClientKnown = current.clientCa !== undefined;
  const server = tls.createServer({
    ...options,
    ...toContext(current),
    handshakeTimeout: handshakeTimeoutMs,
    requestCert: isClientKnown,
    rejectUnauthorized: isClientKnown,
    ALPNProtocols: ["http/1.1"],
  });
  // Node reports a handshake that failed or took too long, and leaves the socket open.
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  let ticketKeys = server.getTicketKeys();
  const watch = new CredentialsWatch({
    files,
    current,
    use: (credentials) => server.setSecureContext({ ...toContext(credentials), ticketKeys }),
    log,
  });
  watch.start();
  server.on("close", () => watch.stop());
  return {
    server,
    onSocket: (accept) => server.on("secureConnection", accept),
    setTicketKeys(keys) {
      ticketKeys = Buffer.from(keys);
      server.setTicketKeys(keys);
    },
    async reload() {
      await watch.check();
      await watch.check();
    },
  };
}

function toContext({ certificate, key, clientCa }: Credentials): tls.TlsOptions {
  return {
    cert: certificate,
    key,
    ciphers: CIPHERS,
    ...(clientCa !== undefined && { ca: clientCa }),
    sessionIdContext: sessionContext(clientCa),
  };
}

/** A session that a former client CA has admitted is not resumed under another one. */
function sessionContext(clientCa: string | undefined): string {
  if (clientCa === undefined) return SESSION_CONTEXT;
  return createHash("sha256").update(clientCa).digest("hex").slice(0, MAX_CONTEXT_CHARACTERS);
}
