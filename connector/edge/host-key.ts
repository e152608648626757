import { readFile } from "node:fs/promises";
import type { CryptoKey as JoseKey, JWK } from "jose";
import { exportJWK, generateKeyPair, importJWK } from "jose";
import { z } from "zod";
import type { HostPublicKey } from "../../shared/protocol/host-token.ts";
import { SIGNATURE_ALGORITHM } from "../../shared/protocol/signature.ts";
import { replaceFile } from "../state/replace-file.ts";
import { StateError } from "../state/state-error.ts";

const privateKeySchema = z.object({
  kty: z.literal("OKP"),
  crv: z.literal("Ed25519"),
  x: z.base64url(),
  d: z.base64url(),
});

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

/** @throws {StateError} also where the file holds something else */
export async function readHostKey(file: string): Promise<JoseKey> {
  const jwk = await readJwk(file);
  try {
    return (await importJWK(jwk, SIGNATURE_ALGORITHM)) as JoseKey;
  } catch (error) {
    throw StateError.cannotRead(file, error);
  }
}

/** The public part of a key file that exists already. */
export async function readPublicKey(file: string): Promise<HostPublicKey> {
  return publicPart(await readJwk(file));
}

/** No message holds a part of the file, as those of JSON.parse() do. */
async function readJwk(file: string): Promise<JWK> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw StateError.cannotRead(file, error);
  });
  const parsed = privateKeySchema.safeParse(parseJson(text));
  if (!parsed.success) throw StateError.cannotRead(file, "it is no private Ed25519 key as JWK");
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function publicPart({ kty, crv, x }: JWK): HostPublicKey {
  return { kty, crv, x } as HostPublicKey;
}
