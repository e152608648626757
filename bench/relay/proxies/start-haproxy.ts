import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bench } from "../bench.ts";
import type { RunningProxy } from "./proxy.ts";
import type { PeerPorts } from "./start-peer.ts";
import { startPeer } from "./start-peer.ts";

export function startHaproxy(bench: Bench): Promise<RunningProxy> {
  return startPeer(bench, "haproxy", async (directory, ports) => {
    const file = join(directory, "haproxy.cfg");
    await writeFile(file, config(bench, ports));
    return { command: ["haproxy", "-db", "-f", file] };
  });
}

function config({ origins, certificate }: Bench, ports: PeerPorts): string {
  return `global
  nbthread 1
  maxconn 8000
defaults
  mode http
  timeout connect 5s
  timeout client 120s
  timeout server 120s
  timeout tunnel 1h
  http-reuse always
frontend plain
  bind 127.0.0.1:${ports.plain} backlog 4096
  default_backend responses
frontend tls
  bind 127.0.0.1:${ports.tls} backlog 4096 ssl crt ${certificate.bothFile} alpn http/1.1
  default_backend responses
frontend stream
  bind 127.0.0.1:${ports.stream} backlog 4096
  default_backend streams
frontend tls-stream
  bind 127.0.0.1:${ports.tlsStream} backlog 4096 ssl crt ${certificate.bothFile} alpn http/1.1
  default_backend streams
backend responses
  server responses 127.0.0.1:${origins.responses}
backend streams
  server streams 127.0.0.1:${origins.streams}
`;
}
