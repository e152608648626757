import { randomBytes } from "node:crypto";
import { exportJWK, generateKeyPair } from "jose";

/** Creates a value for the Worker's secret `PASS_SIGNING_KEY`. Run as a program, this file prints it. */
export async function createPassKey(): Promise<string> {
  const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  return JSON.stringify({ ...(await exportJWK(privateKey)), kid: randomBytes(6).toString("base64url") });
}

if (import.meta.main) console.log(await createPassKey());
