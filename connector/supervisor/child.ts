import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import type { FromChild, Start, ToChild } from "./messages.ts";
import { STALLED_AFTER_MS } from "./messages.ts";

/** A child process could not do what the supervisor has asked it for. */
export class ChildError extends Error {
  override readonly name = "ChildError";
}

export type Role = "host" | "worker";

/** Descriptors 0 to 2 are the usual ones, 3 is the IPC channel. */
const FIRST_DESCRIPTOR = 4;

export interface ChildOptions {
  readonly role: Role;
  /** The program, and its options that come first. */
  readonly command: readonly string[];
  /** In this process; the child gets copies. */
  readonly descriptors: readonly number[];
  readonly start: Omit<Start, "type" | "descriptors">;
  readonly stalledAfterMs?: number;
  /** Its event loop has stood still for too long, and it is killed. */
  onStalled(child: Child): void;
}

/** A host process or a relay worker. */
export class Child {
  readonly role: Role;
  readonly worker: number;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  readonly startedMs = performance.now();
  readonly #process: ChildProcess;
  readonly #options: ChildOptions;
  readonly #received = new Map<FromChild["type"], PromiseWithResolvers<void>>();
  readonly #sent = new Set<FromChild["type"]>();
  #failure = "";
  #hasEnded = false;
  #watch: NodeJS.Timeout | undefined;

  constructor(options: ChildOptions) {
    this.#options = options;
    this.role = options.role;
    this.worker = options.start.worker;
    const [program = "", ...first] = options.command;
    this.#process = spawn(program, [...first, `run-${options.role}`], {
      stdio: ["ignore", "inherit", "inherit", "ipc", ...options.descriptors],
      // Only this process answers to systemd.
      env: { ...process.env, LISTEN_FDS: undefined, LISTEN_PID: undefined, NOTIFY_SOCKET: undefined },
    });
    this.#process.on("message", (message) => this.#receive(message as FromChild));
    this.ended = new Promise((resolve) => {
      const end = (reason: string): void => {
        if (this.#hasEnded) return;
        this.#hasEnded = true;
        clearTimeout(this.#watch);
        const error = new ChildError(this.#failure || `the ${this.role} process ${reason}`);
        for (const waiting of this.#received.values()) waiting.reject(error);
        resolve();
      };
      this.#process.once("error", (error) => end(`did not start: ${error.message}`));
      this.#process.once("exit", (code, signal) => end(`ended with ${signal ?? code}`));
    });
    const descriptors = options.descriptors.map((_, index) => FIRST_DESCRIPTOR + index);
    this.send({ type: "start", ...options.start, descriptors });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  send(message: ToChild): void {
    if (!this.#hasEnded && this.#process.connected) this.#process.send(message, () => {});
  }

  /** Whether it has sent that. */
  has(type: FromChild["type"]): boolean {
    return this.#sent.has(type);
  }

  /** @throws {ChildError} where it ends before it has sent that, or does not in time */
  async until(type: FromChild["type"], timeoutMs: number): Promise<void> {
    const waiting = this.#waitingFor(type);
    if (this.#hasEnded) waiting.reject(new ChildError(this.#failure || `the ${this.role} process has ended`));
    const timer = setTimeout(() => {
      waiting.reject(new ChildError(`the ${this.role} process is not ${type} after ${timeoutMs / 1000} s`));
    }, timeoutMs);
    try {
      await waiting.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  #waitingFor(type: FromChild["type"]): PromiseWithResolvers<void> {
    let waiting = this.#received.get(type);
    if (waiting === undefined) {
      waiting = Promise.withResolvers<void>();
      waiting.promise.catch(() => {});
      this.#received.set(type, waiting);
    }
    return waiting;
  }

  #receive(message: FromChild): void {
    this.#sent.add(message.type);
    if (message.type === "failed") this.#failure = message.message;
    // Not before: a process that starts on a busy machine takes its time.
    if (message.type === "alive" || message.type === "serving") this.#expectNext();
    if (message.type !== "alive" && message.type !== "failed") this.#waitingFor(message.type).resolve();
  }

  #expectNext(): void {
    clearTimeout(this.#watch);
    const stalledAfterMs = this.#options.stalledAfterMs ?? STALLED_AFTER_MS;
    const dueMs = performance.now() + stalledAfterMs;
    this.#watch = setTimeout(() => {
      // This process has stood still itself, and has its children's reports yet to read.
      if (performance.now() - dueMs > stalledAfterMs / 10) return this.#expectNext();
      this.#options.onStalled(this);
      this.kill();
    }, stalledAfterMs);
    this.#watch.unref();
  }
}
