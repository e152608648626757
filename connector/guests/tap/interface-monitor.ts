import type { ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { InterfaceEvent } from "./parse-interface-event.ts";
import { parseInterfaceEvent } from "./parse-interface-event.ts";

/** It does not say when it listens: after this time without having ended, it does. */
const SETTLE_MS = 1_000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

export interface LinkMonitorListener {
  onEvent(event: InterfaceEvent): void;
  /** Events from now on are told; earlier ones may have been missed. */
  onGap(): void;
}

/**
 * Tells what happens to interfaces in all network namespaces: one `ip monitor` for any number of them.
 *
 * Where it may not (it takes CAP_NET_BROADCAST), it never comes to listen.
 */
export class InterfaceMonitor {
  readonly #listener: LinkMonitorListener;
  #child: ChildProcessByStdio<null, Readable, Readable> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #retryMs = FIRST_RETRY_MS;
  #listens = false;
  #started = false;

  constructor(listener: LinkMonitorListener) {
    this.#listener = listener;
  }

  get listens(): boolean {
    return this.#listens;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#spawn();
  }

  stop(): void {
    this.#started = false;
    this.#listens = false;
    clearTimeout(this.#timer);
    this.#child?.kill();
  }

  #spawn(): void {
    const child = spawn("ip", ["-o", "monitor", "link", "nsid", "all-nsid"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    child.unref();
    child.once("error", () => this.#ended());
    child.once("exit", () => this.#ended());
    createInterface({ input: child.stdout }).on("line", (line) => {
      const event = parseInterfaceEvent(line);
      if (event !== undefined) this.#listener.onEvent(event);
    });
    // It complains when the kernel had more to tell than its socket could hold, and goes on.
    child.stderr.on("data", () => this.#listens && this.#listener.onGap());
    this.#after(SETTLE_MS, () => {
      this.#listens = true;
      this.#retryMs = FIRST_RETRY_MS;
      this.#listener.onGap();
    });
  }

  #ended(): void {
    this.#child = undefined;
    this.#listens = false;
    if (!this.#started) return;
    this.#after(this.#retryMs, () => this.#spawn());
    this.#retryMs = Math.min(this.#retryMs * 2, MAX_RETRY_MS);
  }

  #after(ms: number, action: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, ms);
    this.#timer.unref();
  }
}
