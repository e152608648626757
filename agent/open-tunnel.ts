import { connect } from "node:net";
import type { Duplex } from "node:stream";
import type { ConnectTarget } from "./parse-connect-target.ts";

const DIAL_TIMEOUT_MS = 2000;

/**
 * Connects a peer to a loopback listener. A half-close of one side is passed to the other.
 *
 * @param head bytes that came along with the request
 * @param onClose called once, when the tunnel is gone
 */
export function openTunnel(peer: Duplex, head: Buffer, target: ConnectTarget, onClose: () => void): void {
  const listener = connect({ host: target.address, port: target.port, allowHalfOpen: true, noDelay: true });
  const dialTimer = setTimeout(() => refuse(), DIAL_TIMEOUT_MS);
  const refuse = (): void => {
    listener.destroy();
    peer.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  };

  listener.once("connect", () => {
    clearTimeout(dialTimer);
    listener.off("error", refuse);
    peer.write("HTTP/1.1 200 OK\r\n\r\n");
    if (head.length > 0) listener.write(head);
    peer.pipe(listener).pipe(peer);
  });
  listener.once("error", refuse);
  listener.on("error", () => peer.destroy());
  listener.once("close", () => {
    clearTimeout(dialTimer);
    onClose();
    if (!peer.writableEnded) peer.destroy();
  });
  peer.on("error", () => listener.destroy());
  peer.once("close", () => listener.destroy());
}
