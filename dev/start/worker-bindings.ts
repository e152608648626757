import { createHash } from "node:crypto";
import type { LocalSecrets } from "./secrets-file.ts";

/** The Worker's variables and secrets, as `wrangler secret put` would set them. */
export function workerBindings(secrets: LocalSecrets, domain = "localhost"): Record<string, string> {
  return {
    PREVIEW_DOMAIN: domain,
    API_HOSTNAMES: "localhost,127.0.0.1",
    ALLOW_HTTP: "true",
    LINK_SECRET: secrets.linkSecret,
    PASS_SIGNING_KEY: secrets.passSigningKey,
    ADMIN_TOKEN_SHA256: createHash("sha256").update(secrets.adminToken).digest("hex"),
  };
}
