import { join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { bundleWorker } from "../../dev/edge/bundle-worker.ts";
import { readWorkerConfig } from "../../dev/edge/read-worker-config.ts";
import { endWithParent } from "../../dev/end-with-parent.ts";
import { OptionsFile } from "../../dev/options-file.ts";
import type { WorkerPorts } from "./worker-ports.ts";

export interface ServeOptions {
  readonly ports: WorkerPorts;
  readonly stateDirectory: string;
  /** Base URL of the origin that the floors send to. */
  readonly origin: string;
  /** Variables and secrets of the edge. */
  readonly bindings: Readonly<Record<string, string>>;
}

const options = await new OptionsFile<ServeOptions>(process.argv[2]!).read();
const { compatibilityDate, kvNamespaces, durableObjects } = readWorkerConfig();

function worker(name: keyof WorkerPorts, contents: string, more: Record<string, unknown>) {
  return {
    name,
    modules: [{ type: "ESModule" as const, path: `${name}.mjs`, contents }],
    compatibilityDate,
    // Past Miniflare's own front door, which renegotiates encodings.
    unsafeDirectSockets: [{ host: "127.0.0.1", port: options.ports[name], serviceName: name }],
    ...more,
  };
}

/** @param name its file in `workers/`, without the extension */
function bundle(name: string): Promise<string> {
  return bundleWorker(join(import.meta.dirname, "workers", `${name}.js`));
}

/** Bindings of a copy of the edge; each copy has KV namespaces of its own. */
function edgeBindings(name: keyof WorkerPorts) {
  return {
    bindings: options.bindings,
    kvNamespaces: Object.fromEntries(kvNamespaces.map((binding) => [binding, `${name}-${binding}`])),
    durableObjects,
  };
}

const floorBindings = { bindings: { ORIGIN: options.origin } };
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    workers: [
      worker("respond", await bundle("respond"), {}),
      worker("floor", await bundle("floor"), floorBindings),
      worker("floorCall", await bundle("floor-call"), {
        ...floorBindings,
        durableObjects: { EMPTY: { className: "Empty", useSQLite: true } },
      }),
      worker("edge", await bundleWorker(), edgeBindings("edge")),
      worker("countedEdge", await bundle("counted-edge"), edgeBindings("countedEdge")),
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
