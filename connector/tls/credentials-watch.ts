import { stat } from "node:fs/promises";
import type { Logger } from "pino";
import type { CredentialFiles, Credentials } from "./credentials.ts";
import { readCredentials } from "./credentials.ts";

/**
 * Time between two looks at the files. Looking works for files that are replaced, written in place, and reached over links
 * of which any may be changed (certbot, Kubernetes), where a watch of the kernel has to know each of these directories.
 */
export const CREDENTIALS_CHECK_MS = 5_000;

export interface CredentialsWatchOptions {
  readonly files: CredentialFiles;
  /** What is in use. */
  readonly current: Credentials;
  /** Uses others from now on. May throw, and has changed nothing then. */
  use(credentials: Credentials): void;
  readonly log?: Pick<Logger, "info" | "error"> | undefined;
  readonly intervalMs?: number;
}

/**
 * Reads the files of a listener again when they have changed. They are used when they have been the same for two looks, and
 * fit each other: a pair that is half written leaves the former one in use.
 */
export class CredentialsWatch {
  readonly #options: CredentialsWatchOptions;
  #current: Credentials;
  /** Of the files at the last look, and of those that are in use or are known not to fit. */
  #seen = "";
  #judged = "";
  #failure: string | undefined;
  #checking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CredentialsWatchOptions) {
    this.#options = options;
    this.#current = options.current;
  }

  start(): void {
    this.#timer = setInterval(() => void this.check(), this.#options.intervalMs ?? CREDENTIALS_CHECK_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks at the files now. Does not reject. */
  check(): Promise<void> {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  async #check(): Promise<void> {
    try {
      const stamp = await this.#readStamp();
      const isSettled = stamp === this.#seen;
      this.#seen = stamp;
      if (!isSettled || stamp === this.#judged) return;
      const found = await readCredentials(this.#options.files);
      // Written while they were read: the next look decides.
      if ((await this.#readStamp()) !== stamp) return;
      this.#judged = stamp;
      this.#failure = undefined;
      this.#use(found);
    } catch (error) {
      this.#report(error);
    }
  }

  #use(found: Credentials): void {
    const { certificate, key, clientCa } = this.#current;
    if (found.certificate === certificate && found.key === key && found.clientCa === clientCa) return;
    this.#options.use(found);
    this.#current = found;
    const { certificateFile } = this.#options.files;
    const expiresAt = new Date(found.expiresAtMs).toISOString();
    this.#options.log?.info({ certificate: certificateFile, expiresAt }, "certificate reloaded");
  }

  /** Once, not at every look. */
  #report(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (message === this.#failure) return;
    this.#failure = message;
    this.#options.log?.error({ reason: message }, "certificate not reloaded: the former one is in use");
  }

  async #readStamp(): Promise<string> {
    const { certificateFile, keyFile, clientCaFile } = this.#options.files;
    const paths = [certificateFile, keyFile, ...(clientCaFile === undefined ? [] : [clientCaFile])];
    const stamps = await Promise.all(
      paths.map(async (path) => {
        const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
        return [dev, ino, size, mtimeNs, ctimeNs].join(":");
      }),
    );
    return stamps.join(" ");
  }
}
