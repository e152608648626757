import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** Makes a self-signed P-256 certificate for these names, as PEM. */
export async function createCertificate(
  names: readonly string[] = ["localhost"],
): Promise<{ cert: string; key: string }> {
  const directory = await mkdtemp(join(tmpdir(), "certificate-"));
  const [certFile, keyFile] = [join(directory, "cert.pem"), join(directory, "key.pem")];
  const keyOptions = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", keyFile];
  const alternatives = names.map((name) => `DNS:${name}`).join();
  const subject = ["-subj", `/CN=${names[0]}`, "-addext", `subjectAltName=${alternatives}`, "-days", "2"];
  await promisify(execFile)("openssl", ["req", "-x509", ...keyOptions, ...subject, "-out", certFile]);
  const [cert, key] = await Promise.all([readFile(certFile, "utf8"), readFile(keyFile, "utf8")]);
  await rm(directory, { recursive: true });
  return { cert, key };
}
