import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProcessGroup } from "./process-group.ts";

export interface Certificate {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Both in one file, as HAProxy needs them. */
  readonly bothFile: string;
}

/** Makes a self-signed P-256 certificate for localhost. */
export async function createCertificate(
  group: ProcessGroup,
  directory: string,
  core: number,
): Promise<Certificate> {
  const certificateFile = join(directory, "certificate.pem");
  const keyFile = join(directory, "key.pem");
  const bothFile = join(directory, "both.pem");
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", keyFile];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"];
  await group.run(["openssl", "req", "-x509", ...key, ...subject, "-out", certificateFile], {
    name: "openssl",
    core,
  });
  await writeFile(bothFile, (await readFile(certificateFile, "utf8")) + (await readFile(keyFile, "utf8")));
  return { certificateFile, keyFile, bothFile };
}
