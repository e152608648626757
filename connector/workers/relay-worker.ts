import * as net from "node:net";
import { join } from "node:path";
import type { Logger } from "pino";
import { shareCaptureLimits } from "../capture/capture-limits.ts";
import type { ExchangeSink } from "../capture/recorders.ts";
import { Recorders } from "../capture/recorders.ts";
import type { Config } from "../config.ts";
import { BACKLOG } from "../connector.ts";
import type { Listener } from "../create-listener.ts";
import { createListener } from "../create-listener.ts";
import { createRelayHalf } from "../create-relay-half.ts";
import { EdgeKeys } from "../edge/edge-keys.ts";
import { KeysFile } from "../edge/keys-file.ts";
import { Guest } from "../guests/guest.ts";
import { hostCallSocketOf } from "../host.ts";
import type { Relay, RelayLimits } from "../relay/relay.ts";
import { UsageBatch } from "../usage/usage-batch.ts";
import { VERSION } from "../user-agent.ts";
import type { GuestName, Joined, RecentAccessChange, RecentRevocation, WorkerFunctions } from "./contract.ts";
import { GuestMirror } from "./guest-mirror.ts";
import { HostLink } from "./host-link.ts";
import type { LocalRelay } from "./local-relay.ts";
import { RecentChangeLog } from "./recent-changes.ts";
import { shareLimits } from "./share-limits.ts";

export interface RelayWorkerOptions {
  readonly config: Config;
  /** Unix socket of the host process. */
  readonly workerSocket: string;
  readonly generation: number;
  readonly worker: number;
  /** Of the generation: each has its share of the connector's limits. */
  readonly workers: number;
  /** Listening sockets that this process has inherited. */
  readonly listenDescriptors: readonly number[];
  readonly log: Logger;
  /** No host process responds for so long that what is open may have been revoked. */
  onAbandoned(): void;
}

/** Of a stop whose listening sockets stay open in another process, so that new connections wait there. */
const QUEUED_STOP = { requestsMs: 5_000, tunnelsMs: 1_500 };

/** A relay in a process of its own, with a copy of the host's guest table. */
export class RelayWorker {
  readonly #options: RelayWorkerOptions;
  readonly #listener: Listener;
  readonly #servers: net.Server[] = [];
  readonly #keys: EdgeKeys;
  readonly #guests: GuestMirror;
  readonly #relay: Relay;
  readonly #local: LocalRelay;
  readonly #link: HostLink;
  readonly #recent = new RecentChangeLog();
  readonly #usage = new UsageBatch((counts) =>
    this.#link.countRequests(
      counts.flatMap(({ guest, port, bucket, count }) =>
        guest instanceof Guest ? [{ ...nameOf(guest), port, bucket, count }] : [],
      ),
    ),
  );

  /** @throws where the certificate's files cannot be read */
  static async create(options: RelayWorkerOptions): Promise<RelayWorker> {
    return new RelayWorker(options, await createListener(options.config, { log: options.log }));
  }

  private constructor(options: RelayWorkerOptions, listener: Listener) {
    const { config, log, generation, worker, workerSocket } = options;
    this.#options = options;
    this.#listener = listener;
    this.#keys = new EdgeKeys(config.api, new KeysFile(join(config.stateDirectory, "edge-keys.json")), log);
    this.#guests = new GuestMirror({
      onDetach: (guest) => this.#local.closeGuest(guest),
      onFound: ({ sandboxId, generation: guestGeneration }, opened, closed) =>
        this.#link.reportPorts({ sandboxId, generation: guestGeneration, opened, closed }),
      locate: (guest) => this.#link.locate(guest),
      seekAgent: (guest) => this.#link.seekAgent(guest),
    });
    const half = createRelayHalf({
      config: { ...config, limits: shareLimits(config.limits as Partial<RelayLimits>, options.workers) },
      guests: this.#guests,
      findKey: this.#keys.find,
      hostCallSocket: hostCallSocketOf(config),
      accounts: { recorders: this.#createRecorders(), usage: this.#usage },
      log,
    });
    this.#relay = half.relay;
    this.#local = half.local;
    this.#link = new HostLink({
      socketPath: workerSocket,
      functions: this.#createFunctions(),
      describe: () => ({
        generation,
        worker,
        pid: process.pid,
        version: VERSION,
        recent: this.#recent.list(Date.now()),
      }),
      onAbandoned: () => {
        log.error("no host process responds: closing what might be revoked");
        options.onAbandoned();
      },
      onBug: (error) => log.error({ err: error }, "bug in a call of the host process"),
    });
  }

  /** Joins the host process, then accepts visitors. */
  async start(): Promise<void> {
    await this.#keys.start();
    await this.#link.start();
    const { server, onSocket } = this.#listener;
    onSocket((socket) => this.#relay.accept(socket));
    for (const [index, fd] of this.#options.listenDescriptors.entries())
      this.#servers.push(await listen(index === 0 ? server : createFeeder(server), fd));
    this.#options.log.info({ guests: this.#guests.size }, "accepting");
  }

  setTicketKeys(keys: Buffer): void {
    this.#listener.setTicketKeys(keys);
  }

  /**
   * Finishes requests, keeps tunnels, and accepts nothing more: another worker accepts from the same sockets.
   *
   * @returns a promise that resolves when nothing is open any more
   */
  async retire(): Promise<void> {
    this.#relay.retire();
    await this.#closeServers();
    this.#stop();
  }

  /** @param isQueued new connections wait in the listening sockets' queues, which another process keeps open */
  async drain(isQueued: boolean): Promise<void> {
    if (isQueued) {
      const closed = this.#closeServers();
      await this.#relay.drain(QUEUED_STOP);
      await closed;
    } else await this.#relay.drain({ stopAccepting: () => void this.#closeServers() });
    this.#stop();
  }

  /** @returns a promise that resolves when no connection is open, those in the middle of a handshake included */
  async #closeServers(): Promise<void> {
    await Promise.all(
      this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
    );
  }

  #createRecorders(): Recorders {
    const put: ExchangeSink["put"] = (guest, exchange) => {
      if (guest instanceof Guest) this.#link.putExchange({ ...nameOf(guest), exchange });
    };
    return new Recorders({ put }, shareCaptureLimits(this.#options.workers));
  }

  #stop(): void {
    this.#usage.flush();
    this.#link.stop();
    void this.#keys.stop();
    this.#relay.destroy();
  }

  #createFunctions(): WorkerFunctions {
    return {
      welcome: (joined) => this.#welcome(joined),
      setGuests: (guests) => this.#guests.set(guests),
      removeGuest: (guest) => this.#guests.remove(guest),
      revoke: ({ atMs = Date.now(), ...revocation }) => this.#revoke({ revocation, atMs }),
      changeAccess: ({ atMs = Date.now(), ...change }) => this.#changeAccess({ change, atMs }),
      settle: () => {},
      stats: () => this.#local.stats(),
    };
  }

  #welcome({ guests, recent }: Joined): void {
    this.#guests.replace(guests);
    for (const entry of recent.revocations) this.#revoke(entry);
    for (const entry of recent.accessChanges) this.#changeAccess(entry);
  }

  /** @returns how many requests and tunnels were cut */
  #revoke(entry: RecentRevocation): number {
    const due = this.#recent.addRevocation(entry, Date.now());
    return due === undefined ? 0 : this.#local.revoke(due, entry.atMs);
  }

  /** @returns as `#revoke` */
  #changeAccess(entry: RecentAccessChange): number {
    const isNew = this.#recent.addAccessChange(entry, Date.now());
    return isNew ? this.#local.changeAccess(entry.change, entry.atMs) : 0;
  }
}

function nameOf({ sandboxId, generation }: Guest): GuestName {
  return { sandboxId, generation };
}

/** A server has one listening socket: what others accept is given to the one that knows how to go on. */
function createFeeder(server: net.Server): net.Server {
  return net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    server.emit("connection", socket),
  );
}

function listen(server: net.Server, fd: number): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ fd, backlog: BACKLOG }, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}
