import type { Logger } from "pino";
import type { LocalServer, LocalServerOptions } from "./create-local-server.ts";
import { createLocalServer } from "./create-local-server.ts";

const RETRY_MS = 2_000;

/**
 * The server for monitoring, opened again and again while its port is in use: a host process that replaces another one
 * has to wait for it, and visitors are served without monitoring too.
 */
export class Monitoring {
  readonly #options: Omit<LocalServerOptions, "onFailure">;
  readonly #log: Logger;
  #server: LocalServer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #failed = false;

  constructor(options: Omit<LocalServerOptions, "onFailure">, log: Logger) {
    this.#options = options;
    this.#log = log;
  }

  /** Resolves after the first try. */
  async start(): Promise<void> {
    const log = this.#log;
    try {
      const onFailure = (error: unknown): void => log.error({ err: error }, "no metrics");
      const server = await createLocalServer({ ...this.#options, onFailure });
      if (this.#stopped) return server.close();
      this.#server = server;
      log.info({ port: server.port }, "monitoring");
    } catch (error) {
      if (!this.#failed) log.error({ err: error }, "monitoring cannot listen yet");
      this.#failed = true;
      if (!this.#stopped) this.#timer = setTimeout(() => void this.start(), RETRY_MS).unref();
    }
  }

  /** `undefined` while its port is in use. */
  get port(): number | undefined {
    return this.#server?.port;
  }

  close(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#server?.close();
  }
}
