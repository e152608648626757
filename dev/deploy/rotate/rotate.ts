import { createPassKey } from "../../create-pass-key.ts";
import { DeployError } from "../deploy-error.ts";
import type { SecretFiles, SecretName } from "../settings/secrets.ts";
import { createAdminToken, createLinkSecret, hashAdminToken } from "../settings/secrets.ts";
import type { RunWrangler } from "../wrangler.ts";
import { succeed } from "../wrangler.ts";

export interface Rotation {
  readonly files: SecretFiles;
  readonly wrangler: RunWrangler;
  readonly configPath: string;
  readonly pause: (ms: number) => Promise<unknown>;
  readonly say: (line: string) => void;
}

/** Until every location serves a new secret. */
const PUBLISH_MS = 60_000;
/** Until the last passes by the former key have ended. */
const PASSES_END_MS = 180_000;

/** `null` deletes a secret. */
type Change = Partial<Record<SecretName, string | null>>;

/**
 * Replaces the secret that signs links by one in the other slot.
 *
 * @param leaked former links end at once; otherwise they hold until they expire, after 7 days at most
 */
export async function rotateLinkSecret(rotation: Rotation, leaked: boolean): Promise<void> {
  const { LINK_SECRET: former } = await rotation.files.read();
  if (former === undefined && !leaked) throw unknown("LINK_SECRET");
  const made = createLinkSecret(former?.startsWith("1:") ? 0 : 1);
  await change(rotation, { LINK_SECRET: made, LINK_SECRET_PREVIOUS: leaked ? null : (former ?? null) });
  rotation.say(
    leaked
      ? "All links that were made before have ended."
      : "In 7 days, when the last former link has expired: npm run deploy:rotate -- link-secret --finish",
  );
}

/** Ends a rotation of the secret that signs links. */
export async function finishLinkSecret(rotation: Rotation): Promise<void> {
  await change(rotation, { LINK_SECRET_PREVIOUS: null });
}

/**
 * Replaces the key that signs passes.
 *
 * @param leaked at once; visitors may be refused for some seconds. Otherwise in three steps, and nobody is refused
 */
export async function rotatePassKey(rotation: Rotation, leaked: boolean): Promise<void> {
  const { PASS_SIGNING_KEY: former } = await rotation.files.read();
  const made = await createPassKey();
  if (leaked) return change(rotation, { PASS_SIGNING_KEY: made, PASS_SIGNING_KEY_NEXT: null });
  if (former === undefined) throw unknown("PASS_SIGNING_KEY");
  await change(rotation, { PASS_SIGNING_KEY_NEXT: made });
  await rotation.pause(PUBLISH_MS);
  await change(rotation, { PASS_SIGNING_KEY: made, PASS_SIGNING_KEY_NEXT: former });
  await rotation.pause(PASSES_END_MS);
  await change(rotation, { PASS_SIGNING_KEY_NEXT: null });
}

/** Replaces the admin token: the former one is refused at once. */
export async function rotateAdminToken(rotation: Rotation): Promise<void> {
  const token = createAdminToken();
  await change(rotation, { ADMIN_TOKEN_SHA256: hashAdminToken(token) });
  await rotation.files.writeAdminToken(token);
  rotation.say(`The new admin token is in ${rotation.files.adminTokenPath}.`);
}

/** Sets secrets at the Worker, then in the file. They are written to Wrangler's standard input. */
async function change({ wrangler, configPath, files, say }: Rotation, secrets: Change): Promise<void> {
  const input = JSON.stringify(secrets);
  await succeed(wrangler(["secret", "bulk", "--config", configPath], { input }), "wrangler secret bulk");
  const kept = { ...(await files.read()), ...secrets };
  await files.write(Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== null)));
  say(`· set: ${Object.keys(secrets).join(", ")}`);
}

function unknown(name: string): DeployError {
  return new DeployError(
    `${name} is not in .deploy/worker-secrets.json, so that it cannot stay valid beside a new one. Restore the file from your password manager; or use --leaked, which ends it at once`,
  );
}
