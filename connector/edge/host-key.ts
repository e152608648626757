import { readFile } from "node:fs/promises";
import type { CryptoKey as JoseKey, JWK } from "jose";
import { exportJWK, generateKeyPair, importJWK } from "jose";
import type { HostPublicKey } from "../../shared/protocol/host-token.ts";
import { SIGNATURE_ALGORITHM } from "../../shared/protocol/signature.ts";
import { replaceFile } from "../state/replace-file.ts";
import { StateError } from "../state/state-error.ts";

/**
 * Makes the host's key pair, keeps the private part in a file that only its owner reads, and returns the public part.
 *
 * @throws {StateError}
 */
export async function createHostKey(file: string): Promise<HostPublicKey> {
  const { privateKey } = await generateKeyPair(SIGNATURE_ALGORITHM, { crv: "Ed25519", extractable: true });
  const jwk = await exportJWK(privateKey);
  await replaceFile(file, JSON.stringify(jwk));
  return publicPart(jwk);
}

export async function readHostKey(file: string): Promise<JoseKey> {
  return (await importJWK(await readJwk(file), SIGNATURE_ALGORITHM)) as JoseKey;
}

/** The public part of a key file that exists already. */
export async function readPublicKey(file: string): Promise<HostPublicKey> {
  return publicPart(await readJwk(file));
}

async function readJwk(file: string): Promise<JWK> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as JWK;
  } catch (error) {
    throw StateError.cannotRead(file, error);
  }
}

function publicPart({ kty, crv, x }: JWK): HostPublicKey {
  return { kty, crv, x } as HostPublicKey;
}
