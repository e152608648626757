import type { Bench } from "../bench.ts";
import type { RunningProxy } from "./proxy.ts";
import type { ProxyName } from "./proxy-name.ts";
import { startCaddy } from "./start-caddy.ts";
import { startConnector } from "./start-connector.ts";
import { startGo } from "./start-go.ts";
import { startHaproxy } from "./start-haproxy.ts";
import { startNginx } from "./start-nginx.ts";

const START: Readonly<Record<ProxyName, (bench: Bench) => Promise<RunningProxy>>> = {
  connector: startConnector,
  nginx: startNginx,
  haproxy: startHaproxy,
  go: startGo,
  caddy: startCaddy,
};

/** Starts a proxy that leads to the bench's origins. */
export function startProxy(bench: Bench, name: ProxyName): Promise<RunningProxy> {
  return START[name](bench);
}
