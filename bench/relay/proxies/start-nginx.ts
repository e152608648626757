import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { nginxBasics } from "./nginx-basics.ts";
import type { RunningProxy } from "./proxy.ts";
import type { PeerPorts } from "./start-peer.ts";
import { startPeer } from "./start-peer.ts";

export function startNginx(bench: Bench): Promise<RunningProxy> {
  return startPeer(bench, "nginx", async (directory, ports) => {
    const file = join(directory, "nginx.conf");
    await writeFile(file, config(bench, directory, ports));
    return { command: ["nginx", "-p", directory, "-e", "stderr", "-c", file] };
  });
}

/** Buffering and time limits are the defaults; a body may have any size, a connection any number of requests. */
function config({ origins, certificate }: Bench, directory: string, ports: PeerPorts): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `  ${kind}_temp_path ${join(directory, kind)};`)
    .join("\n");
  return `${nginxBasics()}
http {
  access_log off;
${temporary}
  client_max_body_size 0;
  keepalive_requests 1000000000;
  map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
  upstream responses {
    server 127.0.0.1:${origins.responses};
    keepalive 256;
    keepalive_requests 1000000000;
  }
  upstream streams {
    server 127.0.0.1:${origins.streams};
    keepalive 256;
    keepalive_requests 1000000000;
  }
  proxy_http_version 1.1;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;
  server {
    listen 127.0.0.1:${ports.plain} backlog=4096;
    location / { proxy_pass http://responses; }
  }
  server {
    listen 127.0.0.1:${ports.tls} ssl backlog=4096;
    ssl_certificate ${certificate.certificateFile};
    ssl_certificate_key ${certificate.keyFile};
    ssl_protocols TLSv1.2 TLSv1.3;
    location / { proxy_pass http://responses; }
  }
  server {
    listen 127.0.0.1:${ports.stream} backlog=4096;
    location / { proxy_pass http://streams; }
  }
  server {
    listen 127.0.0.1:${ports.tlsStream} ssl backlog=4096;
    ssl_certificate ${certificate.certificateFile};
    ssl_certificate_key ${certificate.keyFile};
    ssl_protocols TLSv1.2 TLSv1.3;
    location / { proxy_pass http://streams; }
  }
}
`;
}
