import { monitorNamespaces } from "../../namespaces/ask-namespaces.ts";
import type { InterfaceEvent } from "./parse-interface-event.ts";
import { parseInterfaceEvent } from "./parse-interface-event.ts";

/** `ip` gives no sign when it listens. Where it has not ended after this time, it listens. */
const SETTLE_MS = 1_000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

export interface InterfaceMonitorListener {
  onEvent(event: InterfaceEvent): void;
  /** Events before this call may have been missed; later ones are reported. */
  onGap(): void;
}

/** `starting` includes the pause before another attempt. */
type MonitorState = "stopped" | "starting" | "listening";

/**
 * Reports changes of interfaces in all network namespaces, by one `ip monitor` process for any number of them.
 *
 * Where nobody has CAP_NET_BROADCAST that process ends at once, and the monitor never listens.
 */
export class InterfaceMonitor {
  readonly #listener: InterfaceMonitorListener;
  #state: MonitorState = "stopped";
  #end: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #retryMs = FIRST_RETRY_MS;

  constructor(listener: InterfaceMonitorListener) {
    this.#listener = listener;
  }

  get isListening(): boolean {
    return this.#state === "listening";
  }

  start(): void {
    if (this.#state !== "stopped") return;
    this.#state = "starting";
    this.#spawn();
  }

  stop(): void {
    this.#state = "stopped";
    clearTimeout(this.#timer);
    this.#end?.();
  }

  #spawn(): void {
    this.#end = monitorNamespaces({
      onLine: (line) => {
        const event = parseInterfaceEvent(line);
        if (event !== undefined) this.#listener.onEvent(event);
      },
      onGap: () => this.isListening && this.#listener.onGap(),
      onEnd: () => this.#handleEnd(),
    });
    this.#schedule(SETTLE_MS, () => {
      this.#state = "listening";
      this.#retryMs = FIRST_RETRY_MS;
      this.#listener.onGap();
    });
  }

  #handleEnd(): void {
    this.#end = undefined;
    if (this.#state === "stopped") return;
    this.#state = "starting";
    this.#schedule(this.#retryMs, () => this.#spawn());
    this.#retryMs = Math.min(this.#retryMs * 2, MAX_RETRY_MS);
  }

  #schedule(delayMs: number, action: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, delayMs);
    this.#timer.unref();
  }
}
