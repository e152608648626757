import type * as net from "node:net";
import type { Logger } from "pino";
import { Recorders } from "./capture/recorders.ts";
import type { Config } from "./config.ts";
import { createListener } from "./create-listener.ts";
import { createRelayHalf } from "./create-relay-half.ts";
import { Host, hostCallSocketOf } from "./host.ts";
import { rotateTicketKeys } from "./tls/ticket-keys.ts";

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

/** Connections that may wait to be accepted. */
export const BACKLOG = 4096;

/**
 * Starts a host's connector in this process: loads its guests, opens the relay and the control socket, and announces to
 * the edge. `preview-connector run` does the same in several processes (`connector/supervisor/`).
 *
 * @throws {StateError} where its state cannot be read: with a part of it, it would end guests that run
 */
export async function startConnector(
  config: Config,
  log: Logger,
  { takesOver = false }: StartConnectorOptions = {},
): Promise<Connector> {
  const host = await Host.create({ config, log, takesOver });
  const hostCallSocket = hostCallSocketOf(config);
  const { guests, keys } = host;
  const accounts = { recorders: new Recorders(host.requestLogs), usage: host.usage };
  const { relay, local } = createRelayHalf({
    config,
    guests,
    findKey: keys.find,
    hostCallSocket,
    accounts,
    log,
  });
  await host.load();
  const { server, onSocket, setTicketKeys } = await createListener(config, { log });
  const stopTicketKeys = rotateTicketKeys(setTicketKeys);
  onSocket((socket) => relay.accept(socket));
  const port = await listen(server, config.listen);
  await host.start(local, { control: config.controlSocket, hostCalls: hostCallSocket });
  log.info({ port, guests: guests.list().length }, "ready");

  return {
    port,
    drain() {
      host.stop();
      stopTicketKeys();
      return relay.drain({ stopAccepting: () => server.close() });
    },
    destroy() {
      host.stop();
      stopTicketKeys();
      server.close();
      relay.destroy();
    },
  };
}

function listen(server: net.Server, { host, port }: Config["listen"]): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off("error", reject);
      resolve((server.address() as net.AddressInfo).port);
    });
  });
}
