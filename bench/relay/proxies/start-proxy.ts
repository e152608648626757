import type { ProxyName, StartProxy } from "./proxy.ts";
import { startCaddy } from "./start-caddy.ts";
import { startConnector } from "./start-connector.ts";
import { startGo } from "./start-go.ts";
import { startHaproxy } from "./start-haproxy.ts";
import { startNginx } from "./start-nginx.ts";

export const START_PROXY: Readonly<Record<ProxyName, StartProxy>> = {
  connector: startConnector,
  nginx: startNginx,
  haproxy: startHaproxy,
  go: startGo,
  caddy: startCaddy,
};

export const PROXY_NAMES = Object.keys(START_PROXY) as ProxyName[];
