import { deriveLinkMaskKey } from "../shared/link-token.ts";
import { Admissions } from "./admissions.ts";
import type { Environment } from "./environment.ts";
import { HostKeys } from "./host-keys.ts";
import { HostnameMemory } from "./hostname-memory.ts";
import { LinkMemory } from "./link-memory.ts";
import { MissGuard } from "./miss-guard.ts";
import { PassPress } from "./pass-press.ts";
import type { Settings } from "./settings.ts";
import { parseSettings } from "./settings.ts";

/** What one isolate keeps between requests. All of it may vanish at any time. */
export interface Edge {
  readonly settings: Settings;
  readonly linkMaskKey: CryptoKey;
  readonly hostnames: HostnameMemory;
  readonly links: LinkMemory;
  readonly admissions: Admissions;
  readonly misses: MissGuard;
  readonly hostKeys: HostKeys;
  readonly passes: PassPress;
}

const edges = new WeakMap<object, Edge>();
const inTheMaking = new WeakMap<object, Promise<Edge>>();

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
  const known = inTheMaking.get(environment);
  if (known !== undefined) return known;
  const created = createEdge(environment);
  inTheMaking.set(environment, created);
  return created;
}

async function createEdge(environment: Environment): Promise<Edge> {
  const settings = await parseSettings(environment);
  const linkMaskKey = await deriveLinkMaskKey(settings.linkSecret);
  const edge: Edge = {
    settings,
    linkMaskKey,
    hostnames: new HostnameMemory(settings.domains, settings.apiHostnames),
    links: new LinkMemory(linkMaskKey),
    admissions: new Admissions(environment.SANDBOX),
    misses: new MissGuard(environment.MISS_LIMIT),
    hostKeys: new HostKeys(),
    passes: new PassPress(settings.passKey),
  };
  edges.set(environment, edge);
  return edge;
}
