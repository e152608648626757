import { fileURLToPath } from "node:url";
import { unstable_readConfig } from "wrangler";
import { z } from "zod";

const CONFIG = fileURLToPath(new URL("../../wrangler.toml", import.meta.url));

/** Wrangler's own declarations import packages that it does not install, so its config has no types here. */
const configSchema = z.object({
  compatibility_date: z.string(),
  kv_namespaces: z.array(z.object({ binding: z.string() })),
  durable_objects: z.object({ bindings: z.array(z.object({ name: z.string(), class_name: z.string() })) }),
  migrations: z.array(z.object({ new_sqlite_classes: z.array(z.string()).default([]) })),
});

/** The part of `wrangler.toml` that Miniflare needs to run the edge. */
export interface WorkerConfig {
  readonly compatibilityDate: string;
  /** Names of the bindings. */
  readonly kvNamespaces: readonly string[];
  /** By the name of the binding. */
  readonly durableObjects: Readonly<Record<string, DurableObjectConfig>>;
}

export interface DurableObjectConfig {
  readonly className: string;
  readonly useSQLite: boolean;
}

/**
 * Reads the edge's compatibility date and bindings from `wrangler.toml`.
 *
 * Its rate limits are left out: they count misses by the client's address, which is the same for all local clients.
 */
export function readWorkerConfig(): WorkerConfig {
  const config = configSchema.parse(unstable_readConfig({ config: CONFIG }));
  const sqliteClasses = config.migrations.flatMap((migration) => migration.new_sqlite_classes);
  const durableObjects = config.durable_objects.bindings.map(({ name, class_name: className }) => [
    name,
    { className, useSQLite: sqliteClasses.includes(className) },
  ]);
  return {
    compatibilityDate: config.compatibility_date,
    kvNamespaces: config.kv_namespaces.map(({ binding }) => binding),
    durableObjects: Object.fromEntries(durableObjects),
  };
}
