import type { Credentials } from "./credentials.ts";
import { credentialsFor } from "./credentials.ts";
import type { Environment } from "./environment.ts";
import { HostKeys } from "./hosts/host-keys.ts";
import { KnownTokens } from "./policy/known-tokens.ts";
import { Admissions } from "./preview/admissions.ts";
import { HostnameCache } from "./preview/hostname-cache.ts";
import { LinkCache } from "./preview/link-cache.ts";
import { MissGuard } from "./preview/miss-guard.ts";
import { withRetries } from "./with-retries.ts";

/** What one isolate keeps between requests. All of it may vanish at any time. */
export interface Edge extends Credentials {
  /** The environment, with objects whose calls are repeated once after a restart. */
  readonly environment: Environment;
  readonly hostnames: HostnameCache;
  readonly links: LinkCache;
  readonly admissions: Admissions;
  readonly misses: MissGuard;
  readonly hostKeys: HostKeys;
  readonly tokens: KnownTokens;
}

const edges = new WeakMap<object, Edge>();
const pending = new WeakMap<object, Promise<Edge>>();

/** The isolate's state for this environment, once its first request has made it. */
export function recallEdge(environment: Environment): Edge | undefined {
  return edges.get(environment);
}

/**
 * The isolate's state for this environment, made by its first request.
 *
 * @throws {SettingsError} as long as the environment is wrong
 */
export function edgeFor(environment: Environment): Promise<Edge> {
  const known = pending.get(environment);
  if (known !== undefined) return known;
  const created = createEdge(environment);
  pending.set(environment, created);
  return created;
}

async function createEdge(environment: Environment): Promise<Edge> {
  const credentials = await credentialsFor(environment);
  const { settings, linkMasks } = credentials;
  const retrying: Environment = {
    ...environment,
    SANDBOX: withRetries(environment.SANDBOX),
    WORKSPACE: withRetries(environment.WORKSPACE),
    HOST: withRetries(environment.HOST),
    ORG: withRetries(environment.ORG),
  };
  const edge: Edge = {
    ...credentials,
    environment: retrying,
    hostnames: new HostnameCache(settings.domains, settings.apiHostnames),
    links: new LinkCache(linkMasks),
    admissions: new Admissions(retrying.SANDBOX),
    misses: new MissGuard(environment.MISS_LIMIT),
    hostKeys: new HostKeys(),
    tokens: new KnownTokens(),
  };
  edges.set(environment, edge);
  return edge;
}
