import * as http from "node:http";
import type * as net from "node:net";
import { text } from "node:stream/consumers";
import { exportJWK, generateKeyPair } from "jose";
import { hostApiPath, JWKS_PATH } from "../../../shared/protocol/host-api.ts";
import { SIGNATURE_ALGORITHM } from "../../../shared/protocol/signature.ts";

/** What the edge's stand-in has heard of a host's connector. */
export interface Edge {
  readonly url: string;
  /** Attach calls so far. */
  readonly attaches: number;
  /** The size of each heartbeat's body, in order. */
  readonly heartbeatBytes: readonly number[];
  close(): void;
}

/** The part of the edge that a connector needs: the public key, and a response to each call, at once. */
export async function createEdge(hostId: string): Promise<Edge> {
  const { publicKey } = await generateKeyPair(SIGNATURE_ALGORITHM, { crv: "Ed25519" });
  const jwk = { ...(await exportJWK(publicKey)), kid: "bench", alg: SIGNATURE_ALGORITHM, use: "sig" };
  const heartbeatBytes: number[] = [];
  let attaches = 0;
  let revision = 0;
  const keys = JSON.stringify({ keys: [jwk] });
  const responses: Readonly<Record<string, (body: string) => string>> = {
    [JWKS_PATH]: () => keys,
    [hostApiPath(hostId, "attach")]: () => {
      attaches++;
      return "{}";
    },
    [hostApiPath(hostId, "heartbeat")]: (body) => {
      heartbeatBytes.push(body.length);
      const { since } = JSON.parse(body) as { since?: string };
      const resend = since !== undefined && since !== String(revision);
      return JSON.stringify({ forgotten: [], missing: [], revision: String(++revision), resend });
    },
    [hostApiPath(hostId, "ports")]: () => "{}",
  };
  const server = http.createServer(async (request, response) => {
    const respond = responses[request.url ?? ""];
    const body = await text(request);
    response.writeHead(respond === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(respond?.(body));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as net.AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    get attaches() {
      return attaches;
    },
    heartbeatBytes,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
