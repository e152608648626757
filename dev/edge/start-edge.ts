import { fileURLToPath } from "node:url";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { ASSETS_FOLDER } from "../assets/assets-folder.ts";
import { buildAssets } from "../assets/build-assets.ts";
import { bundleWorker } from "./bundle-worker.ts";
import { readWorkerConfig } from "./read-worker-config.ts";
import { parseRequestLine } from "./request-line.ts";

export interface EdgeOptions {
  readonly host: string;
  readonly port: number;
  /** Objects and KV are kept here. */
  readonly stateDirectory: string;
  /** Variables and secrets of the Worker. */
  readonly bindings: Readonly<Record<string, string>>;
  /** A TLS front stands before it. */
  readonly behindTls?: boolean;
  /** Report each request. */
  readonly logRequests?: boolean;
}

const BEHIND_TLS = fileURLToPath(new URL("behind-tls.js", import.meta.url));
const ASSETS_WORKER = "assets";
const LOGGING_REQUESTS = fileURLToPath(new URL("logging-requests.js", import.meta.url));

export interface RunningEdge {
  stop(): Promise<void>;
}

/**
 * Runs the Worker in workerd, with its objects and KV.
 *
 * @param onRequest receives a line about each request, where the options ask for it
 */
export async function startEdge(
  options: EdgeOptions,
  onRequest: (line: string) => void = () => {},
): Promise<RunningEdge> {
  await buildAssets();
  const { compatibilityDate, kvNamespaces, durableObjects } = readWorkerConfig();
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      workers: [
        {
          name: "edge",
          modules: [
            {
              type: "ESModule",
              path: "edge.mjs",
              contents: await bundleWorker(entryFor(options)),
            },
          ],
          compatibilityDate,
          bindings: { ...options.bindings },
          kvNamespaces: Object.fromEntries(kvNamespaces.map((name) => [name, name.toLowerCase()])),
          durableObjects: { ...durableObjects },
          serviceBindings: { ASSETS: ASSETS_WORKER },
          unsafeDirectSockets: [{ host: options.host, port: options.port }],
        },
        {
          // Beside the edge, not before it: Miniflare's router of a Worker with assets answers a malformed Host with 500.
          name: ASSETS_WORKER,
          modules: true,
          script: "export default {};",
          compatibilityDate,
          assets: {
            directory: ASSETS_FOLDER,
            assetConfig: { html_handling: "none", not_found_handling: "none" },
          },
        },
      ],
      resourcePersistencePath: options.stateDirectory,
      cf: false,
      log: new Log(LogLevel.WARN),
      ...(options.logRequests && { handleStructuredLogs: separateRequests(onRequest) }),
      // Miniflare's own front door renegotiates encodings; visitors connect to the Worker itself.
      host: "127.0.0.1",
      port: 0,
    }),
  );
  await miniflare.ready;
  await miniflare.unsafeGetDirectURL("edge");
  return { stop: () => miniflare.dispose() };
}

function entryFor({ behindTls, logRequests }: EdgeOptions): string | undefined {
  if (behindTls) return BEHIND_TLS;
  return logRequests ? LOGGING_REQUESTS : undefined;
}

/** The edge's own lines still go to its log. */
function separateRequests(onRequest: (line: string) => void): (log: { message: string }) => void {
  return ({ message }) => {
    const line = parseRequestLine(message);
    if (line === undefined) console.log(message);
    else onRequest(line);
  };
}
