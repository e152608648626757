import { createPrivateKey, X509Certificate } from "node:crypto";
import { open } from "node:fs/promises";

/** The files of a listener; they may be links. */
export interface CredentialFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Certificates of those who issue clients' certificates; absent where clients need none. */
  readonly clientCaFile?: string | undefined;
}

/** With what a listener shows who it is, and which clients it accepts. */
export interface Credentials {
  /** PEM: the certificate, and those of its issuers. */
  readonly certificate: string;
  readonly key: string;
  readonly clientCa?: string;
  /** Unix milliseconds. */
  readonly expiresAtMs: number;
}

/** A certificate or key that cannot be used. The message names the file, and never what it holds. */
export class CredentialsError extends Error {
  override readonly name = "CredentialsError";
}

/** Far more than a chain, or a list of authorities, has. */
export const MAX_PEM_BYTES = 1024 * 1024;

const BEGIN = "-----BEGIN CERTIFICATE-----";
const END = "-----END CERTIFICATE-----";

/**
 * Reads and checks all files of a listener.
 *
 * @throws {CredentialsError} also where a file is half written, or the key is another certificate's
 */
export async function readCredentials(files: CredentialFiles): Promise<Credentials> {
  const { certificateFile, keyFile, clientCaFile } = files;
  const certificate = await readPem(certificateFile);
  const key = await readPem(keyFile);
  const leaf = parseCertificates(certificate, certificateFile);
  assertKeyFits(leaf, key, files);
  const clientCa = clientCaFile === undefined ? undefined : await readPem(clientCaFile);
  if (clientCa !== undefined) parseCertificates(clientCa, clientCaFile ?? "");
  const expiresAtMs = leaf.validToDate.getTime();
  return { certificate, key, ...(clientCa !== undefined && { clientCa }), expiresAtMs };
}

/** @returns when the first certificate in a file expires, unix milliseconds. @throws {CredentialsError} */
export async function readExpiry(certificateFile: string): Promise<number> {
  return parseCertificates(await readPem(certificateFile), certificateFile).validToDate.getTime();
}

async function readPem(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > MAX_PEM_BYTES) throw new Error(`it has ${size} bytes, more than ${MAX_PEM_BYTES}`);
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new CredentialsError(`cannot read ${path}: ${describe(error)}`, { cause: error });
  }
}

/** @returns the first of them, after all have been parsed */
function parseCertificates(pem: string, path: string): X509Certificate {
  const parts = pem.split(BEGIN).slice(1);
  const [first] = parts.map((part) => {
    const end = part.indexOf(END);
    if (end < 0) throw new CredentialsError(`${path} is cut off inside a certificate`);
    try {
      return new X509Certificate(`${BEGIN}${part.slice(0, end)}${END}\n`);
    } catch (error) {
      throw new CredentialsError(`${path} holds a certificate that cannot be read`, { cause: error });
    }
  });
  if (first === undefined) throw new CredentialsError(`${path} holds no certificate`);
  return first;
}

function assertKeyFits(
  leaf: X509Certificate,
  key: string,
  { keyFile, certificateFile }: CredentialFiles,
): void {
  let fits: boolean;
  try {
    fits = leaf.checkPrivateKey(createPrivateKey(key));
  } catch {
    throw new CredentialsError(`${keyFile} holds no private key that can be read`);
  }
  if (!fits)
    throw new CredentialsError(`the key in ${keyFile} is not that of the certificate in ${certificateFile}`);
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
