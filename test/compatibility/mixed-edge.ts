import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { bundleWorker } from "../../dev/edge/bundle-worker.ts";
import { readWorkerConfig } from "../../dev/edge/read-worker-config.ts";
import { findFreePort } from "../../dev/find-free-port.ts";
import { FORMER_WORKER } from "../../dev/snapshot-worker.ts";

export type Release = "former" | "today";

export interface MixedEdge {
  /** Where the Worker listens, on loopback. */
  readonly port: number;
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";

async function readRelease(release: Release): Promise<string> {
  return release === "today" ? bundleWorker() : gunzipSync(await readFile(FORMER_WORKER)).toString("utf8");
}

/** An edge in the middle of a deploy: its Worker is of one release, its objects are of another. */
export async function startMixedEdge(
  worker: Release,
  objects: Release,
  bindings: Readonly<Record<string, string>>,
): Promise<MixedEdge> {
  const { compatibilityDate, kvNamespaces, durableObjects } = readWorkerConfig();
  const directory = await mkdtemp(join(tmpdir(), "mixed-edge-"));
  const port = await findFreePort();
  const shared = {
    compatibilityDate,
    bindings: { ...bindings },
    kvNamespaces: Object.fromEntries(kvNamespaces.map((name) => [name, name.toLowerCase()])),
  };
  const elsewhere = Object.entries(durableObjects).map(([name, { className, useSQLite }]) => [
    name,
    { className, useSQLite, scriptName: "objects" },
  ]);
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      workers: [
        {
          ...shared,
          name: "worker",
          modules: [{ type: "ESModule", path: "worker.mjs", contents: await readRelease(worker) }],
          durableObjects: Object.fromEntries(elsewhere),
          unsafeDirectSockets: [{ host: HOST, port, serviceName: "worker" }],
        },
        {
          ...shared,
          name: "objects",
          modules: [{ type: "ESModule", path: "objects.mjs", contents: await readRelease(objects) }],
          durableObjects: { ...durableObjects },
        },
      ],
      resourcePersistencePath: directory,
      cf: false,
      log: new Log(LogLevel.ERROR),
      host: HOST,
      port: 0,
    }),
  );
  await miniflare.ready;
  await miniflare.unsafeGetDirectURL("worker");
  return {
    port,
    async stop() {
      await miniflare.dispose();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
