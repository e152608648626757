import { deriveLinkMaskKey } from "../shared/link-token.ts";
import { Admissions } from "./admissions.ts";
import type { Environment } from "./environment.ts";
import { PassPress } from "./pass-press.ts";
import type { Settings } from "./settings.ts";
import { parseSettings } from "./settings.ts";

/** What one isolate keeps between requests. All of it may vanish at any time. */
export interface Edge {
  readonly settings: Settings;
  readonly linkMaskKey: CryptoKey;
  readonly admissions: Admissions;
  readonly passes: PassPress;
}

const edges = new WeakMap<object, Promise<Edge>>();

/**
 * The isolate's state for this environment, made by its first request.
 *
 * @throws {SettingsError} as long as the environment is wrong
 */
export function edgeFor(environment: Environment): Promise<Edge> {
  const known = edges.get(environment);
  if (known !== undefined) return known;
  const created = createEdge(environment);
  edges.set(environment, created);
  return created;
}

async function createEdge(environment: Environment): Promise<Edge> {
  const settings = await parseSettings(environment);
  return {
    settings,
    linkMaskKey: await deriveLinkMaskKey(settings.linkSecret),
    admissions: new Admissions(environment.SANDBOX),
    passes: new PassPress(settings.passKey),
  };
}
