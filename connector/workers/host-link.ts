import * as net from "node:net";
import { Channel } from "./channel.ts";
import type { GuestName, HostFunctions, Joining, RequestCount, WorkerFunctions } from "./contract.ts";

export interface HostLinkOptions {
  readonly socketPath: string;
  readonly functions: WorkerFunctions;
  describe(): Joining;
  /** No host process was there for so long: what it has said must be taken for outdated. */
  onAbandoned(): void;
  onBug(error: unknown): void;
}

/** Between two attempts to reach the host process. */
const RECONNECT_MS = 50;

/** A sixteenth of what ends the channel. */
const MAX_UNREAD_EXCHANGES_BYTES = 8 * 1024 * 1024;

/** A revoked link must not stay open for long because nobody can say that it is revoked. */
export const ABANDONED_AFTER_MS = 30_000;

/** A worker's connection to its host process, or to the one that has taken its place. */
export class HostLink {
  readonly #options: HostLinkOptions;
  readonly #joined = Promise.withResolvers<void>();
  #channel: Channel<HostFunctions> | undefined;
  #abandonTimer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: HostLinkOptions) {
    this.#options = options;
  }

  /** Resolves when it has joined for the first time. */
  start(): Promise<void> {
    this.#connect();
    return this.#joined.promise;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#abandonTimer);
    this.#channel?.close();
  }

  /** Resolves when the host process has sent that generation, or does not have it, or is not there. */
  async locate(guest: GuestName): Promise<void> {
    await this.#channel?.call("locateGuest", guest).catch(() => {});
  }

  seekAgent(guest: GuestName): void {
    this.#channel?.notify("seekAgent", guest);
  }

  reportPorts(found: Parameters<HostFunctions["reportPorts"]>[0]): void {
    this.#channel?.notify("reportPorts", found);
  }

  /** Nothing is sent while the host process is behind: its calls must not wait for a log. */
  putExchange(recorded: Parameters<HostFunctions["putExchange"]>[0]): void {
    const channel = this.#channel;
    if (channel !== undefined && channel.unreadBytes < MAX_UNREAD_EXCHANGES_BYTES)
      channel.notify("putExchange", recorded);
  }

  countRequests(counts: readonly RequestCount[]): void {
    this.#channel?.notify("countRequests", counts);
  }

  #connect(): void {
    const socket = net.connect(this.#options.socketPath);
    socket.once("connect", () => void this.#join(socket));
    socket.once("error", () => {});
    socket.once("close", () => this.#onClosed());
  }

  async #join(socket: net.Socket): Promise<void> {
    const { functions, onBug, describe } = this.#options;
    const channel: Channel<HostFunctions> = new Channel(socket, functions, onBug);
    try {
      await channel.call("join", describe());
      this.#channel = channel;
      clearTimeout(this.#abandonTimer);
      this.#abandonTimer = undefined;
      this.#joined.resolve();
    } catch {
      socket.destroy();
    }
  }

  #onClosed(): void {
    this.#channel = undefined;
    if (this.#stopped) return;
    this.#abandonTimer ??= setTimeout(() => this.#options.onAbandoned(), ABANDONED_AFTER_MS);
    setTimeout(() => {
      if (!this.#stopped) this.#connect();
    }, RECONNECT_MS);
  }
}
