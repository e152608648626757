import { fileURLToPath } from "node:url";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { bundleWorker } from "./bundle-worker.ts";
import { readWorkerConfig } from "./read-worker-config.ts";

export interface EdgeOptions {
  readonly host: string;
  readonly port: number;
  /** Objects and KV are kept here. */
  readonly stateDirectory: string;
  /** Variables and secrets of the Worker. */
  readonly bindings: Readonly<Record<string, string>>;
  /** A TLS front stands before it. */
  readonly behindTls?: boolean;
}

const BEHIND_TLS = fileURLToPath(new URL("behind-tls.js", import.meta.url));

export interface RunningEdge {
  stop(): Promise<void>;
}

/** Runs the Worker in workerd, with its objects and KV. */
export async function startEdge(options: EdgeOptions): Promise<RunningEdge> {
  const { compatibilityDate, kvNamespaces, durableObjects } = readWorkerConfig();
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: "edge",
      modules: [
        {
          type: "ESModule",
          path: "edge.mjs",
          contents: await bundleWorker(options.behindTls ? BEHIND_TLS : undefined),
        },
      ],
      compatibilityDate,
      bindings: { ...options.bindings },
      kvNamespaces: Object.fromEntries(kvNamespaces.map((name) => [name, name.toLowerCase()])),
      durableObjects: { ...durableObjects },
      resourcePersistencePath: options.stateDirectory,
      cf: false,
      log: new Log(LogLevel.WARN),
      // Miniflare's own front door renegotiates encodings; visitors connect to the Worker itself.
      host: "127.0.0.1",
      port: 0,
      unsafeDirectSockets: [{ host: options.host, port: options.port, serviceName: "edge" }],
    }),
  );
  await miniflare.ready;
  await miniflare.unsafeGetDirectURL("edge");
  return { stop: () => miniflare.dispose() };
}
