import * as http from "node:http";
import type * as net from "node:net";
import type { JWK } from "jose";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { PassClaims } from "../../../shared/pass.ts";
import { PASS_ALGORITHM, PASS_ISSUER, PASS_MAX_LIFETIME_S } from "../../../shared/pass.ts";

/** What a connector needs of the edge: the public key, an answer to each call, and passes. */
export interface EdgeStandIn {
  readonly url: string;
  signPass(hostId: string, claims: PassClaims): Promise<string>;
  close(): void;
}

const KEY_ID = "bench";

export async function createEdgeStandIn(): Promise<EdgeStandIn> {
  const { publicKey, privateKey } = await generateKeyPair(PASS_ALGORITHM, { crv: "Ed25519" });
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid: KEY_ID, alg: PASS_ALGORITHM, use: "sig" };
  const server = http.createServer((request, response) => {
    request.resume();
    response.setHeader("content-type", "application/json");
    const isKeys = request.url === "/.well-known/jwks.json";
    response.end(JSON.stringify(isKeys ? { keys: [jwk] } : { missing: [] }));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as net.AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    signPass: (hostId, { sandboxId, generation, link = null, ...rest }) =>
      new SignJWT({ ...rest, link, gen: generation })
        .setProtectedHeader({ alg: PASS_ALGORITHM, kid: KEY_ID })
        .setSubject(sandboxId)
        .setIssuer(PASS_ISSUER)
        .setAudience(hostId)
        .setIssuedAt()
        .setExpirationTime(`${PASS_MAX_LIFETIME_S}s`)
        .sign(privateKey),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
