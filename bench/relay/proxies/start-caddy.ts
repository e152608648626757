import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bench } from "../bench.ts";
import type { RunningProxy } from "./proxy.ts";
import type { PeerPorts } from "./start-peer.ts";
import { startPeer } from "./start-peer.ts";

export function startCaddy(bench: Bench): Promise<RunningProxy> {
  return startPeer(bench, "caddy", async (directory, ports) => {
    const file = join(directory, "Caddyfile");
    await writeFile(file, config(bench, ports));
    return {
      command: ["caddy", "run", "--adapter", "caddyfile", "--config", file],
      env: { GOMAXPROCS: "1", HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory },
    };
  });
}

function config({ origins, certificate }: Bench, ports: PeerPorts): string {
  return `{
  admin off
  auto_https off
}
http://:${ports.plain} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${origins.responses} {
    transport http {
      keepalive_idle_conns_per_host 256
    }
  }
}
https://localhost:${ports.tls} {
  bind 127.0.0.1
  tls ${certificate.certificateFile} ${certificate.keyFile}
  reverse_proxy 127.0.0.1:${origins.responses} {
    transport http {
      keepalive_idle_conns_per_host 256
    }
  }
}
https://localhost:${ports.tlsStream} {
  bind 127.0.0.1
  tls ${certificate.certificateFile} ${certificate.keyFile}
  reverse_proxy 127.0.0.1:${origins.streams} {
    transport http {
      keepalive_idle_conns_per_host 256
    }
  }
}
http://:${ports.stream} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${origins.streams} {
    transport http {
      keepalive_idle_conns_per_host 256
    }
  }
}
`;
}
