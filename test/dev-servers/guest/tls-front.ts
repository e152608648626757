import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import type { TLSSocket } from "node:tls";
import { createServer } from "node:tls";
import { createCertificate } from "../../support/create-certificate.ts";
import { DOMAIN } from "../domain.ts";

/** Ends the visitors' TLS connections and forwards their bytes to the edge, as Cloudflare does. */
export class TlsFront {
  readonly port: number;
  /** SHA-256 of its public key, by which a browser is told to trust it. */
  readonly keyHash: string;
  readonly #sockets: Set<TLSSocket>;
  readonly #server: ReturnType<typeof createServer>;

  private constructor(server: ReturnType<typeof createServer>, sockets: Set<TLSSocket>, keyHash: string) {
    this.port = (server.address() as AddressInfo).port;
    this.keyHash = keyHash;
    this.#sockets = sockets;
    this.#server = server;
  }

  static async listen(edgePort: number): Promise<TlsFront> {
    const { cert, key } = await createCertificate([`*.${DOMAIN}`, `*.preview.${DOMAIN}`]);
    const sockets = new Set<TLSSocket>();
    const server = createServer({ cert, key, noDelay: true }, (visitor) => {
      sockets.add(visitor);
      visitor.once("close", () => sockets.delete(visitor));
      const edge = connect({ host: "127.0.0.1", port: edgePort, noDelay: true });
      visitor.pipe(edge).pipe(visitor);
      for (const [end, other] of [
        [visitor, edge],
        [edge, visitor],
      ] as const) {
        end.on("error", () => end.destroy());
        end.once("close", () => other.destroy());
      }
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const publicKey = new X509Certificate(cert).publicKey.export({ type: "spki", format: "der" });
    return new TlsFront(server, sockets, createHash("sha256").update(publicKey).digest("base64"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server.close(), "close");
  }
}
