import type * as net from "node:net";
import { dirname, join } from "node:path";
import type { Logger } from "pino";
import { AccessChanges } from "./access/access-changes.ts";
import { Attachments } from "./attachments.ts";
import type { Config } from "./config.ts";
import { createControlServer } from "./control/create-control-server.ts";
import { createListener } from "./create-listener.ts";
import { Announcer } from "./edge/announcer.ts";
import { EdgeClient } from "./edge/edge-client.ts";
import { EdgeKeys } from "./edge/edge-keys.ts";
import { readHostKey } from "./edge/host-key.ts";
import { KeysFile } from "./edge/keys-file.ts";
import { createFindDestination } from "./find-destination.ts";
import { GuestStore } from "./guests/guest-store.ts";
import { GuestTable } from "./guests/guest-table.ts";
import { TapWatch } from "./guests/tap/tap-watch.ts";
import { createHostCallServer } from "./host-calls/create-host-call-server.ts";
import { createHostCallUpstream } from "./host-calls/create-host-call-upstream.ts";
import { Launcher } from "./host-calls/launcher.ts";
import { PortStreams } from "./host-calls/ports/port-streams.ts";
import { logExchange } from "./log-exchange.ts";
import { PassVerifier } from "./pass-verifier.ts";
import { createRelay, DEFAULT_RELAY_LIMITS } from "./relay/relay.ts";
import { Revocations } from "./revocations.ts";
import { readInstance } from "./state/read-instance.ts";
import { rotateTicketKeys } from "./tls/ticket-keys.ts";
import { VERSION } from "./user-agent.ts";
import { LocalRelay } from "./workers/local-relay.ts";

export interface Connector {
  /** Port of the relay's listener. */
  readonly port: number;
  /** Finishes what is under way, then ends. */
  drain(): Promise<void>;
  /** Ends at once. */
  destroy(): void;
}

export interface StartConnectorOptions {
  /** Take the place of another connector of this host that the edge has heard a moment ago. */
  readonly takesOver?: boolean;
}

/**
 * Starts a host's connector: loads its guests, opens the relay and the control socket, and announces to the edge.
 *
 * @throws {StateError} where its state cannot be read: with a part of it, it would end guests that run
 */
export async function startConnector(
  config: Config,
  log: Logger,
  { takesOver = false }: StartConnectorOptions = {},
): Promise<Connector> {
  const { hostId, api, stateDirectory } = config;
  const instance = await readInstance(stateDirectory);
  const keys = new EdgeKeys(api, new KeysFile(join(stateDirectory, "edge-keys.json")), log);
  const passes = new PassVerifier(hostId, keys.find);
  const edge = new EdgeClient({ api, hostId, key: await readHostKey(config.keyFile), instance, takesOver });
  const portStreams = new PortStreams();
  const guests: GuestTable = new GuestTable({
    store: new GuestStore(join(stateDirectory, "guests")),
    onPortsChange(guest) {
      announcer.reportPorts(guest);
      portStreams.report(guest);
    },
    onDetach(guest) {
      relay.closeGuest(guest);
      portStreams.end(guest);
    },
  });
  const announcer: Announcer = new Announcer({
    edge,
    guests,
    log,
    renew: (guest) => attachments.renew(guest),
  });
  const addresses = { allowLoopback: config.allowLoopbackGuests };
  const attachments = new Attachments({ guests, announcer, addresses, log });
  const hostCallSocket = join(dirname(config.controlSocket), "host-calls.sock");
  const revocations = new Revocations();
  const accessChanges = new AccessChanges();
  const relay = createRelay({
    limits: { ...DEFAULT_RELAY_LIMITS, ...config.limits },
    findDestination: createFindDestination(
      passes,
      guests,
      revocations,
      accessChanges,
      createHostCallUpstream(hostCallSocket),
    ),
    onExchange: logExchange(log),
    onBug: (error, requestId) => log.error({ err: error, request: requestId }, "bug"),
  });

  const relays = new LocalRelay({ relay, revocations, accessChanges, guests });

  for (const path of await guests.load()) log.error({ path }, "guest file set aside: it holds no guest");
  await keys.start();
  const { server, onSocket, setTicketKeys } = await createListener(config);
  const stopTicketKeys = rotateTicketKeys(setTicketKeys);
  onSocket((socket) => relay.accept(socket));
  const port = await listen(server, config.listen);
  const { controlSocket, launcherSocket } = config;
  const localServers = [
    await createControlServer({
      socketPath: controlSocket,
      guests,
      attachments,
      announcer,
      relays,
      status: () => ({ hostId, instance, version: VERSION, edge: announcer.status(), keys: keys.status() }),
      log,
    }),
    await createHostCallServer({
      socketPath: hostCallSocket,
      launch:
        launcherSocket === undefined
          ? undefined
          : { launcher: new Launcher(launcherSocket), attachments, log },
      relays,
      ports: { guests, streams: portStreams },
      instance,
      log,
    }),
  ];
  const taps = new TapWatch({
    list: () => guests.list(),
    onGone(guest) {
      if (guests.find(guest.sandboxId) !== guest) return;
      log.warn({ sandbox: guest.sandboxId, tap: guest.record.tap }, "tap gone, detaching");
      attachments.detach(guest.sandboxId).catch((error: unknown) => log.error({ err: error }, "bug"));
    },
  });
  guests.start();
  taps.start();
  announcer.start();
  log.info({ port, guests: guests.list().length }, "ready");

  function stopAllButRelay(): void {
    taps.stop();
    guests.stop();
    announcer.stop();
    keys.stop();
    for (const localServer of localServers) localServer.close();
    portStreams.close();
    stopTicketKeys();
    server.close();
  }

  return {
    port,
    drain() {
      stopAllButRelay();
      return relay.drain();
    },
    destroy() {
      stopAllButRelay();
      relay.destroy();
    },
  };
}

function listen(server: net.Server, { host, port }: Config["listen"]): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: 4096 }, () => {
      server.off("error", reject);
      resolve((server.address() as net.AddressInfo).port);
    });
  });
}
