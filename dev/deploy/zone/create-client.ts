import Cloudflare from "cloudflare";
import { DeployError } from "../deploy-error.ts";

const TIMEOUT_MS = 30_000;

/** @throws {DeployError} where there is no token: it is never an argument, which each user of the machine could see */
export function createClient(environment: NodeJS.ProcessEnv = process.env): Cloudflare {
  const apiToken = environment.CLOUDFLARE_API_TOKEN;
  if (!apiToken)
    throw new DeployError(
      "CLOUDFLARE_API_TOKEN is not set. Create a token with the permissions in docs/deploy.md, and set it in the environment",
    );
  const baseURL = environment.CLOUDFLARE_BASE_URL;
  return new Cloudflare({ apiToken, timeout: TIMEOUT_MS, ...(baseURL !== undefined && { baseURL }) });
}
