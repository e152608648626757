import * as http from "node:http";
import type * as net from "node:net";
import type { JWK } from "jose";
import { exportJWK, generateKeyPair } from "jose";
import type { HeartbeatResponse } from "../../../shared/protocol/host-api.ts";
import { JWKS_PATH } from "../../../shared/protocol/host-api.ts";
import type { SandboxPass } from "../../../shared/protocol/pass.ts";
import { signPass } from "../../../shared/protocol/pass.ts";
import { SIGNATURE_ALGORITHM } from "../../../shared/protocol/signature.ts";

/** The part of the edge that a connector needs: the public key, a response to each call, and passes. */
export interface EdgeStandIn {
  readonly url: string;
  signPass(hostId: string, pass: SandboxPass): Promise<string>;
  close(): void;
}

const KEY_ID = "bench";
const HEARTBEAT_RESPONSE: HeartbeatResponse = { forgotten: [], missing: [] };

export async function createEdgeStandIn(): Promise<EdgeStandIn> {
  const { publicKey, privateKey } = await generateKeyPair(SIGNATURE_ALGORITHM, { crv: "Ed25519" });
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid: KEY_ID, alg: SIGNATURE_ALGORITHM, use: "sig" };
  const server = http.createServer((request, response) => {
    request.resume();
    response.setHeader("content-type", "application/json");
    const isKeys = request.url === JWKS_PATH;
    response.end(JSON.stringify(isKeys ? { keys: [jwk] } : HEARTBEAT_RESPONSE));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as net.AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    signPass: (hostId, pass) => signPass(pass, { hostId, keyId: KEY_ID, privateKey }, Date.now()),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
