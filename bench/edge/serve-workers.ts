import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { bundleWorker } from "../../dev/edge/bundle-worker.ts";
import { endWithParent } from "../../dev/end-with-parent.ts";
import { bundle } from "./bundle.ts";
import type { WorkerPorts } from "./worker-ports.ts";

export interface ServeOptions {
  readonly ports: WorkerPorts;
  readonly stateDirectory: string;
  /** Base URL of the origin that the floors send to. */
  readonly origin: string;
  /** Variables and secrets of the edge. */
  readonly bindings: Readonly<Record<string, string>>;
}

const EDGE_OBJECTS = {
  SANDBOX: { className: "Sandbox", useSQLite: true },
  WORKSPACE: { className: "Workspace", useSQLite: true },
  HOST: { className: "Host", useSQLite: true },
};

const options = JSON.parse(process.argv[2]!) as ServeOptions;

function worker(name: keyof WorkerPorts, contents: string, more: Record<string, unknown>) {
  return {
    name,
    modules: [{ type: "ESModule" as const, path: `${name}.mjs`, contents }],
    compatibilityDate: "2026-11-02",
    // Past Miniflare's own front door, which renegotiates encodings.
    unsafeDirectSockets: [{ host: "127.0.0.1", port: options.ports[name], serviceName: name }],
    ...more,
  };
}

const { origin, bindings } = options;
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    workers: [
      worker("answer", await bundle("answer"), {}),
      worker("floor", await bundle("floor"), { bindings: { ORIGIN: origin } }),
      worker("floorCall", await bundle("floor-call"), {
        bindings: { ORIGIN: origin },
        durableObjects: { SILENT: { className: "Silent", useSQLite: true } },
      }),
      worker("edge", await bundleWorker(), {
        bindings,
        kvNamespaces: { POLICY: "policy" },
        durableObjects: EDGE_OBJECTS,
      }),
      worker("countedEdge", await bundle("counted-edge"), {
        bindings,
        kvNamespaces: { POLICY: "counted-policy" },
        durableObjects: EDGE_OBJECTS,
      }),
    ],
    resourcePersistencePath: options.stateDirectory,
    cf: false,
    log: new Log(LogLevel.WARN),
    host: "127.0.0.1",
    port: 0,
  }),
);
endWithParent(() => miniflare.dispose());
await miniflare.ready;
