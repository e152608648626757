import type { Bench } from "../bench.ts";
import type { RunningProxy } from "./proxy.ts";
import { ENTRANCES } from "./proxy.ts";
import { startPeer } from "./start-peer.ts";

export function startGo(bench: Bench): Promise<RunningProxy> {
  const { origins, certificate, goProxy } = bench;
  return startPeer(bench, "go", async (_directory, ports) => {
    const listeners = ENTRANCES.flatMap((entrance) => [`-${entrance}`, `127.0.0.1:${ports[entrance]}`]);
    const leads = [
      "-origin",
      `127.0.0.1:${origins.responses}`,
      "-stream-origin",
      `127.0.0.1:${origins.streams}`,
    ];
    const identity = ["-certificate", certificate.certificateFile, "-key", certificate.keyFile];
    return { command: [goProxy, ...listeners, ...leads, ...identity], env: { GOMAXPROCS: "1" } };
  });
}
