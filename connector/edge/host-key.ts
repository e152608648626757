import { readFile, writeFile } from "node:fs/promises";
import type { CryptoKey as JoseKey, JWK } from "jose";
import { exportJWK, generateKeyPair, importJWK } from "jose";
import { SIGNATURE_ALGORITHM } from "../../shared/protocol/signature.ts";

/** Makes the host's key pair, keeps the private part in a file that only its owner reads, and returns the public part. */
export async function createHostKey(file: string): Promise<JWK> {
  const { privateKey, publicKey } = await generateKeyPair(SIGNATURE_ALGORITHM, {
    crv: "Ed25519",
    extractable: true,
  });
  await writeFile(file, JSON.stringify(await exportJWK(privateKey)), { mode: 0o600, flag: "wx" });
  return exportJWK(publicKey);
}

export async function readHostKey(file: string): Promise<JoseKey> {
  const jwk = JSON.parse(await readFile(file, "utf8")) as JWK;
  return (await importJWK(jwk, SIGNATURE_ALGORITHM)) as JoseKey;
}

/** The public part of a key file that exists already. */
export async function readPublicKey(file: string): Promise<JWK> {
  const { d: _secret, ...publicPart } = JSON.parse(await readFile(file, "utf8")) as JWK;
  return publicPart;
}
