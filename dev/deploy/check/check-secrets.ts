import type { WorkerSecrets } from "../settings/secrets.ts";
import { REQUIRED_SECRETS } from "../settings/secrets.ts";
import { findSettingsError } from "./check-config.ts";
import type { Problem } from "./problem.ts";

/** Finds secrets that are missing or that the Worker would refuse. No secret is in a text. */
export async function checkSecrets(secrets: WorkerSecrets): Promise<Problem[]> {
  const missing = REQUIRED_SECRETS.filter((name) => !secrets[name]);
  if (missing.length > 0)
    return missing.map((name) => ({
      name: "secret_missing",
      text: `${name} is not made yet: npm run deploy makes it (where it is kept elsewhere: --no-secrets)`,
    }));
  const error = await findSettingsError({ PREVIEW_DOMAIN: "localhost", ...secrets });
  return error === undefined ? [] : [{ name: "secret_missing", text: error }];
}
