import * as net from "node:net";
import type { Logger } from "pino";
import type { AccessChange, Revocation } from "../../shared/protocol/host-calls.ts";
import type { RequestLogs } from "../capture/request-logs.ts";
import type { Guest } from "../guests/guest.ts";
import type { GuestTable } from "../guests/guest-table.ts";
import type { UsageLog } from "../usage/usage-log.ts";
import { Channel } from "./channel.ts";
import type { GuestState, HostFunctions, Joining, WorkerFunctions } from "./contract.ts";
import { EndedRelays } from "./ended-relays.ts";
import { RecentChangeLog } from "./recent-changes.ts";
import type { Relays } from "./relays.ts";
import type { RelaysStats } from "./sum-stats.ts";
import { sumStats } from "./sum-stats.ts";

export interface RelayHubOptions {
  readonly guests: Pick<GuestTable, "find" | "findArriving" | "list">;
  readonly requestLogs: Pick<RequestLogs, "put">;
  readonly usage: Pick<UsageLog, "add">;
  readonly log: Logger;
}

interface Worker {
  readonly channel: Channel<WorkerFunctions>;
  readonly joining: Joining;
}

/** The host process's side of its relay workers, those of former generations included. */
export class RelayHub implements Relays {
  readonly #options: RelayHubOptions;
  readonly #workers = new Set<Worker>();
  readonly #recent = new RecentChangeLog();
  readonly #ended = new EndedRelays();
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  #onJoin: () => void = () => {};

  constructor(options: RelayHubOptions) {
    this.#options = options;
    this.#server = net.createServer((socket) => this.#accept(socket));
  }

  /** Begins to listen for workers. */
  listen(where: { readonly path: string } | { readonly fd: number }): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(where, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
  }

  get size(): number {
    return this.#workers.size;
  }

  /** Resolves when so many workers have joined, or when the time is over. */
  async untilJoined(count: number, timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    this.#onJoin = () => {
      if (this.#workers.size >= count) resolve();
    };
    this.#onJoin();
    await promise;
    clearTimeout(timer);
  }

  /** Leaves the workers to another host process: they look for it at once. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  async revoke(revocation: Revocation): Promise<number> {
    const nowMs = Date.now();
    const atMs = this.#recent.stamp(nowMs);
    this.#recent.addRevocation({ revocation, atMs }, nowMs);
    return sum(await this.#callAll((channel) => channel.call("revoke", { ...revocation, atMs })));
  }

  async changeAccess(change: AccessChange): Promise<number> {
    const nowMs = Date.now();
    const atMs = this.#recent.stamp(nowMs);
    this.#recent.addAccessChange({ change, atMs }, nowMs);
    return sum(await this.#callAll((channel) => channel.call("changeAccess", { ...change, atMs })));
  }

  updateGuest(guest: Guest): void {
    if (this.#options.guests.find(guest.sandboxId) !== guest) return;
    const states = [describe(guest)];
    for (const { channel } of this.#workers) channel.notify("setGuests", states);
  }

  closeGuest({ sandboxId, generation }: Guest): void {
    for (const { channel } of this.#workers) channel.notify("removeGuest", { sandboxId, generation });
  }

  async settle(): Promise<void> {
    await this.#callAll((channel) => channel.call("settle", null));
  }

  async stats(): Promise<RelaysStats> {
    const all = await this.#callAll(async (channel, pid) => {
      const stats = await channel.call("stats", null);
      this.#ended.note(pid, stats);
      return stats;
    });
    return sumStats([this.#ended.sum, ...all]);
  }

  /**
   * A worker whose channel has closed meanwhile has ended, or joins again and then gets what it has missed.
   *
   * @throws {ChannelError} where a worker does not respond: whoever called has to repeat the call
   */
  async #callAll<Result>(
    call: (channel: Channel<WorkerFunctions>, pid: number) => Promise<Result>,
  ): Promise<Result[]> {
    const results = await Promise.all(
      [...this.#workers].map(async (worker) => {
        try {
          return [await call(worker.channel, worker.joining.pid)];
        } catch (error) {
          if (!worker.channel.isClosed) throw error;
          return [];
        }
      }),
    );
    return results.flat();
  }

  #accept(socket: net.Socket): void {
    this.#sockets.add(socket);
    let worker: Worker | undefined;
    const functions: HostFunctions = {
      join: (joining) => {
        worker = { channel, joining };
        this.#join(worker);
      },
      locateGuest: async ({ sandboxId, generation }) => {
        await this.#options.guests.findArriving(sandboxId, generation);
      },
      seekAgent: ({ sandboxId, generation }) => {
        const guest = this.#options.guests.find(sandboxId);
        if (guest?.generation === generation) guest.seekAgent();
      },
      reportPorts: ({ sandboxId, generation, opened, closed }) => {
        const guest = this.#options.guests.find(sandboxId);
        if (guest?.generation === generation) guest.mergeFound(opened, closed);
      },
      putExchange: ({ sandboxId, generation, exchange }) => {
        const guest = this.#options.guests.find(sandboxId);
        if (guest?.generation === generation) this.#options.requestLogs.put(guest, exchange);
      },
      countRequests: (counts) => {
        for (const { sandboxId, generation, port, bucket, count } of counts) {
          const guest = this.#options.guests.find(sandboxId);
          if (guest?.generation === generation) this.#options.usage.add(guest, port, bucket, count);
        }
      },
    };
    const onBug = (error: unknown): void => this.#options.log.error({ err: error }, "bug in a worker's call");
    const channel: Channel<WorkerFunctions> = new Channel(socket, functions, onBug);
    void channel.closed.then(() => {
      this.#sockets.delete(socket);
      if (worker === undefined) return;
      this.#workers.delete(worker);
      this.#ended.end(worker.joining.pid);
    });
  }

  #join(worker: Worker): void {
    const nowMs = Date.now();
    const fresh = this.#recent.merge(worker.joining.recent, nowMs);
    for (const other of this.#workers) {
      for (const { revocation, atMs } of fresh.revocations)
        other.channel.notify("revoke", { ...revocation, atMs });
      for (const { change, atMs } of fresh.accessChanges)
        other.channel.notify("changeAccess", { ...change, atMs });
    }
    const guests = this.#options.guests.list().map(describe);
    worker.channel.notify("welcome", { guests, recent: this.#recent.list(nowMs) });
    this.#workers.add(worker);
    this.#ended.join(worker.joining.pid);
    this.#onJoin();
  }
}

function describe(guest: Guest): GuestState {
  const { agent, found } = guest.portState;
  return { record: guest.record, ...(agent !== undefined && { agent }), found };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
