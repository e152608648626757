import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import * as net from "node:net";
import type { Config } from "../config.ts";
import type { Finding } from "./finding.ts";
import { fault, ok, warning, wordsOf } from "./finding.ts";

const DAY_MS = 24 * 3_600_000;
const SOON_MS = 14 * DAY_MS;
const CHECK = "certificate";
const RENEW = "renew it, then systemctl reload preview-connector";

/** The certificate that the edge sees: valid now, for the origin's name, and with its own key. */
export async function checkCertificate({ tls, origin }: Config, nowMs: number): Promise<Finding> {
  const { protocol, hostname } = new URL(origin);
  if (tls === undefined) {
    if (protocol === "http:") return ok(CHECK, `none is needed: the origin is ${origin}`);
    return warning(
      CHECK,
      `none is configured, and the origin is ${origin}`,
      "fine where a proxy here serves TLS",
    );
  }
  try {
    const certificate = new X509Certificate(await readFile(tls.certificateFile));
    const key = createPrivateKey(await readFile(tls.keyFile));
    return judge(certificate, certificate.checkPrivateKey(key), hostname, nowMs);
  } catch (error) {
    return fault(
      CHECK,
      wordsOf(error),
      "name readable PEM files of certificate chain and key in the configuration",
    );
  }
}

function judge(certificate: X509Certificate, hasItsKey: boolean, hostname: string, nowMs: number): Finding {
  const { validFrom, validTo } = certificate;
  const leftMs = Date.parse(validTo) - nowMs;
  const address = hostname.replace(/^\[|\]$/g, "");
  const name = net.isIP(address) === 0 ? certificate.checkHost(hostname) : certificate.checkIP(address);
  if (!hasItsKey) return fault(CHECK, "its key is another one's", "name the key that belongs to it");
  if (leftMs <= 0) return fault(CHECK, `it ended on ${validTo}`, RENEW);
  if (Date.parse(validFrom) > nowMs)
    return fault(CHECK, `it begins on ${validFrom}`, "wait until then, or set the clock");
  if (name === undefined)
    return fault(
      CHECK,
      `it is not for ${hostname}, the origin's name`,
      "get one for that name, or change the origin",
    );
  const days = Math.floor(leftMs / DAY_MS);
  return leftMs < SOON_MS ? warning(CHECK, `it ends in ${days} days`, RENEW) : ok(CHECK, `${days} days left`);
}
