import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Config } from "../config.ts";

/** When the connector's certificate ends, in unix milliseconds; `undefined` where there is none that can be read. */
export async function readCertificateEnd({ tls }: Pick<Config, "tls">): Promise<number | undefined> {
  if (tls === undefined) return undefined;
  try {
    return Date.parse(new X509Certificate(await readFile(tls.certificateFile)).validTo);
  } catch {
    return undefined;
  }
}
