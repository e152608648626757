import type * as net from "node:net";
import * as tls from "node:tls";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";

/** As long as a dial to each of a guest's addresses and the visitor's own handshake may take together. */
export const GUEST_TLS_HANDSHAKE_TIMEOUT_MS = 5_000;

/** OpenSSL's errors: the server does not speak TLS, or none that we can. */
const TLS_ERROR = "ERR_SSL_";
const PROTOCOL_ERROR = "EPROTO";

const NO_TLS = "The server on this port does not speak TLS, as the port's settings say it does.";

/**
 * Begins TLS on a connection to a guest's server.
 *
 * The certificate is not checked: it is the app's own, made up for development, and the way to the guest does not leave
 * the host. The name in the handshake is the one that the app's `Host` has. Only HTTP/1.1 is offered.
 *
 * @param socket belongs to the TLS connection from then on, and is destroyed where there is none
 * @returns the encrypted socket; `guest_protocol` where the server does not speak TLS, `guest_timeout`, else
 *   `guest_unreachable`
 */
export function beginTls(
  socket: net.Socket,
  timeoutMs = GUEST_TLS_HANDSHAKE_TIMEOUT_MS,
): Promise<net.Socket | Refusal> {
  return new Promise((resolve) => {
    const encrypted = tls.connect({
      socket,
      servername: "localhost",
      rejectUnauthorized: false,
      ALPNProtocols: ["http/1.1"],
    });
    const timer = setTimeout(fail, timeoutMs, refuse("guest_timeout"));
    encrypted.once("secureConnect", succeed);
    encrypted.once("error", onError);
    encrypted.once("close", onClose);

    function succeed(): void {
      clearTimeout(timer);
      encrypted.off("error", onError);
      encrypted.off("close", onClose);
      resolve(encrypted);
    }
    function onError({ code = "" }: NodeJS.ErrnoException): void {
      const isTlsError = code === PROTOCOL_ERROR || code.startsWith(TLS_ERROR);
      fail(isTlsError ? refuse("guest_protocol", { detail: NO_TLS }) : refuse("guest_unreachable"));
    }
    function onClose(): void {
      fail(refuse("guest_unreachable"));
    }
    function fail(refusal: Refusal): void {
      clearTimeout(timer);
      encrypted.off("secureConnect", succeed);
      encrypted.off("close", onClose);
      // A socket without a listener throws its later errors.
      encrypted.on("error", () => {});
      encrypted.destroy();
      socket.destroy();
      resolve(refusal);
    }
  });
}
