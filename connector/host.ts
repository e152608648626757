import { dirname, join } from "node:path";
import type { Logger } from "pino";
import type { Status } from "../shared/protocol/control-api.ts";
import { Attachments } from "./attachments.ts";
import { Replays } from "./capture/replay/replays.ts";
import { RequestLogs } from "./capture/request-logs.ts";
import type { Config } from "./config.ts";
import { createControlServer } from "./control/create-control-server.ts";
import type { JsonServer, SocketPlace } from "./control/serve-json.ts";
import { Announcer } from "./edge/announcer.ts";
import { EdgeClient } from "./edge/edge-client.ts";
import { EdgeKeys } from "./edge/edge-keys.ts";
import { readHostKey } from "./edge/host-key.ts";
import { KeysFile } from "./edge/keys-file.ts";
import { GuestStore } from "./guests/guest-store.ts";
import { GuestTable } from "./guests/guest-table.ts";
import { TapWatch } from "./guests/tap/tap-watch.ts";
import { createHostCallServer } from "./host-calls/create-host-call-server.ts";
import { Launcher } from "./host-calls/launcher.ts";
import { PortStreams } from "./host-calls/ports/port-streams.ts";
import { RequestStreams } from "./host-calls/requests/request-streams.ts";
import { Monitoring } from "./metrics/monitoring.ts";
import { ProcessMeter } from "./metrics/process-meter.ts";
import { takeSnapshot } from "./metrics/take-snapshot.ts";
import { readInstance } from "./state/read-instance.ts";
import { CertificateExpiry } from "./tls/certificate-expiry.ts";
import { UsageLog } from "./usage/usage-log.ts";
import { VERSION } from "./user-agent.ts";
import type { Relays } from "./workers/relays.ts";

export interface HostOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Take the place of another connector of this host that the edge has heard a moment ago. */
  readonly takesOver: boolean;
}

/** Where the host's two APIs are served: on paths, or on sockets that another process has opened. */
export interface HostSockets {
  readonly control: SocketPlace;
  readonly hostCalls: SocketPlace;
}

/** Unix socket on which the edge's calls to the host itself are served. */
export function hostCallSocketOf({ controlSocket }: Pick<Config, "controlSocket">): string {
  return join(dirname(controlSocket), "host-calls.sock");
}

/** The host's half of a connector: guest table, control API, calls of the edge, agents, taps, heartbeats. */
export class Host {
  readonly guests: GuestTable;
  readonly keys: EdgeKeys;
  readonly requestLogs: RequestLogs;
  readonly usage = new UsageLog();
  readonly #options: HostOptions;
  readonly #instance: string;
  readonly #announcer: Announcer;
  readonly #attachments: Attachments;
  readonly #portStreams = new PortStreams();
  readonly #requestStreams: RequestStreams;
  readonly #taps: TapWatch;
  readonly #servers: JsonServer[] = [];
  readonly #certificate: CertificateExpiry | undefined;
  #relays: Relays | undefined;

  /**
   * Reads its keys, and nothing of its guests.
   *
   * @throws {StateError}
   */
  static async create(options: HostOptions): Promise<Host> {
    const { config, takesOver } = options;
    const { api, hostId } = config;
    const instance = await readInstance(config.stateDirectory);
    const key = await readHostKey(config.keyFile);
    return new Host(options, instance, new EdgeClient({ api, hostId, key, instance, takesOver }));
  }

  private constructor(options: HostOptions, instance: string, edge: EdgeClient) {
    const { config, log } = options;
    this.#options = options;
    this.#instance = instance;
    this.keys = new EdgeKeys(config.api, new KeysFile(join(config.stateDirectory, "edge-keys.json")), log);
    if (config.tls !== undefined) this.#certificate = new CertificateExpiry(config.tls.certificateFile, log);
    const guests = new GuestTable({
      store: new GuestStore(join(config.stateDirectory, "guests")),
      onPortsChange: (guest) => {
        this.#announcer.reportPorts(guest);
        this.#portStreams.report(guest);
      },
      onReachChange: (guest) => this.#relays?.updateGuest(guest),
      onAttach: (guest) => this.#relays?.updateGuest(guest),
      onDetach: (guest) => {
        this.#relays?.closeGuest(guest);
        this.#portStreams.end(guest);
        this.#requestStreams.end(guest);
        this.requestLogs.forget(guest);
        this.usage.forget(guest);
      },
    });
    this.guests = guests;
    this.requestLogs = new RequestLogs((guest) => guests.find(guest.sandboxId) === guest);
    this.#requestStreams = new RequestStreams(this.requestLogs);
    this.#announcer = new Announcer({
      edge,
      guests,
      log,
      renew: (guest) => this.#attachments.renew(guest),
    });
    const addresses = { allowLoopback: config.allowLoopbackGuests };
    this.#attachments = new Attachments({
      guests,
      announcer: this.#announcer,
      addresses,
      log,
      settle: async () => this.#relays?.settle(),
    });
    this.#taps = new TapWatch({
      list: () => guests.list(),
      onGone: (guest) => {
        if (guests.find(guest.sandboxId) !== guest) return;
        log.warn({ sandbox: guest.sandboxId, tap: guest.record.tap }, "tap gone, detaching");
        this.#attachments.detach(guest.sandboxId).catch((error: unknown) => log.error({ err: error }, "bug"));
      },
    });
  }

  /**
   * Loads the guests, and fetches the edge's keys.
   *
   * @throws {StateError} where its state cannot be read: with a part of it, it would end guests that run
   */
  async load(): Promise<void> {
    for (const path of await this.guests.load())
      this.#options.log.error({ path }, "guest file set aside: it holds no guest");
    await this.keys.start();
  }

  /** Serves its two APIs, follows guests and taps, and announces to the edge. */
  async start(relays: Relays, sockets: HostSockets): Promise<void> {
    this.#relays = relays;
    this.#servers.push(await this.#serveControl(relays, sockets.control));
    this.#servers.push(await this.#serveHostCalls(relays, sockets.hostCalls));
    this.guests.start();
    this.#taps.start();
    this.#announcer.start();
    await this.#serveMonitoring(relays);
    await this.#certificate?.start();
  }

  /** Takes no more calls. @returns a promise that resolves when those under way have been answered */
  async closeServers(): Promise<void> {
    this.#portStreams.close();
    this.#requestStreams.close();
    await Promise.all(this.#servers.map((server) => server.close()));
  }

  stop(): void {
    this.#taps.stop();
    this.guests.stop();
    this.#announcer.stop();
    this.#certificate?.stop();
    void this.keys.stop();
    void this.closeServers();
  }

  #serveControl(relays: Relays, place: SocketPlace): Promise<JsonServer> {
    const { log } = this.#options;
    const announcer = this.#announcer;
    return createControlServer({
      place,
      guests: this.guests,
      attachments: this.#attachments,
      announcer,
      relays,
      status: () => this.#status(),
      log,
    });
  }

  #status(): Status {
    return {
      hostId: this.#options.config.hostId,
      instance: this.#instance,
      version: VERSION,
      edge: this.#announcer.status(),
      keys: this.keys.status(),
      ...(this.#certificate?.expiresAtMs !== undefined && {
        certificateExpiresAtMs: this.#certificate.expiresAtMs,
      }),
    };
  }

  async #serveMonitoring(relays: Relays): Promise<void> {
    const { config, log } = this.#options;
    if (config.monitoring === undefined) return;
    const announcer = this.#announcer;
    const process = new ProcessMeter();
    const status = (): Status => this.#status();
    const listGuests = () => this.guests.list();
    const monitoring = new Monitoring(
      {
        ...config.monitoring,
        status,
        takeSnapshot: () => takeSnapshot({ config, relays, announcer, process, listGuests, status }),
      },
      log,
    );
    await monitoring.start();
    this.#servers.push({ close: async () => monitoring.close() });
  }

  #serveHostCalls(relays: Relays, place: SocketPlace): Promise<JsonServer> {
    const { config, log } = this.#options;
    const attachments = this.#attachments;
    const { launcherSocket } = config;
    const launch =
      launcherSocket === undefined ? undefined : { launcher: new Launcher(launcherSocket), attachments, log };
    return createHostCallServer({
      place,
      launch,
      relays,
      ports: { guests: this.guests, streams: this.#portStreams },
      requests: {
        guests: this.guests,
        logs: this.requestLogs,
        streams: this.#requestStreams,
        replays: new Replays(),
      },
      usage: { guests: this.guests, log: this.usage },
      instance: this.#instance,
      log,
    });
  }
}
