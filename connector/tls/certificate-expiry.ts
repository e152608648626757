import type { Logger } from "pino";
import { readExpiry } from "./credentials.ts";

/** Time between two looks at the certificate. */
export const EXPIRY_CHECK_MS = 3_600_000;

const DAY_MS = 86_400_000;

/** From so many days before its end a certificate is reported, once a day. Those that renew themselves do so before. */
export const EXPIRY_WARNING_DAYS = 14;

/** When the certificate of the listener expires. Reports it in the log before that happens. */
export class CertificateExpiry {
  readonly #file: string;
  readonly #log: Pick<Logger, "warn" | "error">;
  #expiresAtMs: number | undefined;
  #reportedAtMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(certificateFile: string, log: Pick<Logger, "warn" | "error">) {
    this.#file = certificateFile;
    this.#log = log;
  }

  /** Unix milliseconds; `undefined` where no certificate could be read yet. */
  get expiresAtMs(): number | undefined {
    return this.#expiresAtMs;
  }

  /** With fractions, negative after its end; `undefined` where no certificate could be read yet. */
  daysLeft(nowMs: number): number | undefined {
    return this.#expiresAtMs === undefined ? undefined : (this.#expiresAtMs - nowMs) / DAY_MS;
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.check(Date.now()), EXPIRY_CHECK_MS);
    this.#timer.unref();
    await this.check(Date.now());
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Does not reject: what is wrong with the file is reported by the listener. */
  async check(nowMs: number): Promise<void> {
    this.#expiresAtMs = await readExpiry(this.#file).catch(() => this.#expiresAtMs);
    const daysLeft = this.daysLeft(nowMs);
    if (daysLeft === undefined || daysLeft > EXPIRY_WARNING_DAYS) return;
    if (nowMs - this.#reportedAtMs < DAY_MS) return;
    this.#reportedAtMs = nowMs;
    const expiresAt = new Date(nowMs + daysLeft * DAY_MS).toISOString();
    const facts = { certificate: this.#file, expiresAt, daysLeft: Math.floor(daysLeft) };
    if (daysLeft > 0) this.#log.warn(facts, "the certificate expires soon");
    else this.#log.error(facts, "the certificate has expired: the edge cannot reach this host");
  }
}
