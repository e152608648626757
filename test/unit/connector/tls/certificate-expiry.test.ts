import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CertificateExpiry, EXPIRY_WARNING_DAYS } from "../../../../connector/tls/certificate-expiry.ts";
import { createCertificate } from "../../../support/create-certificate.ts";

const DAY_MS = 86_400_000;

let directory: string;
let expiry: CertificateExpiry;
let log: string[];
/** The certificate's end. */
let endMs: number;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "expiry-"));
  const file = join(directory, "cert.pem");
  await writeFile(file, (await createCertificate()).cert);
  log = [];
  const note = (level: string) => (facts: { daysLeft: number }) => log.push(`${level} ${facts.daysLeft}`);
  // pino's overloads take facts and a message.
  expiry = new CertificateExpiry(file, { warn: note("warn"), error: note("error") } as never);
  await expiry.check(0);
  endMs = expiry.expiresAtMs ?? 0;
});

afterEach(() => rm(directory, { recursive: true, force: true }));

test("CertificateExpiry has the days that are left, and none where there is no certificate", async () => {
  expect(expiry.daysLeft(endMs - 3 * DAY_MS)).toBe(3);
  expect(expiry.daysLeft(endMs + DAY_MS)).toBe(-1);
  const missing = new CertificateExpiry(join(directory, "missing"), {} as never);
  await missing.check(Date.now());
  expect(missing.daysLeft(0)).toBeUndefined();
});

test("CertificateExpiry reports from 14 days before, once a day, and the end as an error", async () => {
  const hours = (from: number, count: number) =>
    Array.from({ length: count }, (_, hour) => endMs - from * DAY_MS + hour * 3_600_000);
  for (const nowMs of hours(EXPIRY_WARNING_DAYS + 1, 24)) await expiry.check(nowMs);
  expect(log).toEqual([]);
  for (const nowMs of hours(EXPIRY_WARNING_DAYS, 49)) await expiry.check(nowMs);
  expect(log).toEqual(["warn 14", "warn 13", "warn 12"]);
  await expiry.check(endMs);
  expect(log.slice(3)).toEqual(["error 0"]);
});
