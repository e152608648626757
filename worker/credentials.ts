import type { LinkMask } from "../shared/link/link-token.ts";
import { deriveLinkMaskKey } from "../shared/link/link-token.ts";
import type { Environment } from "./environment.ts";
import { PassSigner } from "./preview/pass-signer.ts";
import type { LinkSecret, Settings } from "./settings.ts";
import { parseSettings } from "./settings.ts";

/** The checked settings, and the keys that follow from them: all that objects need of an isolate. */
export interface Credentials {
  readonly settings: Settings;
  /** In the order of `settings.linkSecrets`. */
  readonly linkMasks: readonly [LinkMask, ...LinkMask[]];
  readonly passes: PassSigner;
}

const credentials = new WeakMap<object, Promise<Credentials>>();

/**
 * The isolate's credentials for this environment, made when they are first asked for.
 *
 * @throws {SettingsError} as long as the environment is wrong
 */
export function credentialsFor(environment: Environment): Promise<Credentials> {
  const known = credentials.get(environment);
  if (known !== undefined) return known;
  const created = createCredentials(environment);
  credentials.set(environment, created);
  return created;
}

async function createCredentials(environment: Environment): Promise<Credentials> {
  const settings = await parseSettings(environment);
  const [current, ...others] = settings.linkSecrets;
  return {
    settings,
    linkMasks: [await createMask(current), ...(await Promise.all(others.map(createMask)))],
    passes: new PassSigner(settings.passKey),
  };
}

async function createMask({ slot, bytes }: LinkSecret): Promise<LinkMask> {
  return { slot, key: await deriveLinkMaskKey(bytes) };
}
