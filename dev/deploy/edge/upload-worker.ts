import { DeployError } from "../deploy-error.ts";
import type { SecretFiles } from "../settings/secrets.ts";
import { REQUIRED_SECRETS } from "../settings/secrets.ts";
import type { RunWrangler } from "../wrangler.ts";
import { succeed } from "../wrangler.ts";

/** Cloudflare's code for a Worker that does not exist. */
const NO_SUCH_WORKER = /10007|does not exist|not found/i;

/** @returns names of the secrets that the deployed Worker has; none where nothing is deployed yet */
export async function listDeployedSecrets(wrangler: RunWrangler, config: string): Promise<string[]> {
  const run = await wrangler(["secret", "list", "--config", config, "--format", "json"]);
  if (run.code !== 0) {
    const text = `${run.stdout}${run.stderr}`;
    if (NO_SUCH_WORKER.test(text)) return [];
    throw new DeployError(`wrangler secret list failed:\n${text.trim().slice(-2000)}`);
  }
  return (JSON.parse(run.stdout) as { name: string }[]).map(({ name }) => name);
}

/**
 * Deploys the Worker. Only secrets that it does not have yet are made and set: a secret that was rotated elsewhere stays.
 *
 * @returns names of the secrets that were set
 */
export async function uploadWorker(
  wrangler: RunWrangler,
  config: string,
  files: SecretFiles,
): Promise<string[]> {
  const deployed = await listDeployedSecrets(wrangler, config);
  const missing = REQUIRED_SECRETS.filter((name) => !deployed.includes(name));
  const deploy = ["deploy", "--config", config];
  if (missing.length === 0) {
    await succeed(wrangler(deploy), "wrangler deploy");
    return [];
  }
  const secrets = await files.ensure(missing);
  const chosen = Object.fromEntries(missing.map((name) => [name, secrets[name] ?? ""]));
  await files.withSecretsFile(chosen, (path) =>
    succeed(wrangler([...deploy, "--secrets-file", path]), "wrangler deploy"),
  );
  return missing;
}
