import { deriveLinkMaskKey } from "../shared/link/link-token.ts";
import type { Environment } from "./environment.ts";
import { PassSigner } from "./preview/pass-signer.ts";
import type { Settings } from "./settings.ts";
import { parseSettings } from "./settings.ts";

/** The checked settings, and the keys that follow from them: all that objects need of an isolate. */
export interface Credentials {
  readonly settings: Settings;
  readonly linkMaskKey: CryptoKey;
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
  return {
    settings,
    linkMaskKey: await deriveLinkMaskKey(settings.linkSecret),
    passes: new PassSigner(settings.passKey),
  };
}
