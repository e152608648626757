import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Config } from "../config.ts";
import { createHostKey, readPublicKey } from "./host-key.ts";

/** The edge did not accept this host. */
export class EnrollError extends Error {
  override readonly name = "EnrollError";
}

/**
 * Makes this host known to the edge: a key pair (kept if there is one), its public part registered, the configuration
 * written. Doing it again changes nothing but what differs.
 *
 * @throws {EnrollError} with the edge's own words
 */
export async function enrollHost(config: Config, adminToken: string, configFile: string): Promise<void> {
  await mkdir(dirname(config.keyFile), { recursive: true, mode: 0o700 });
  const jwk = existsSync(config.keyFile)
    ? await readPublicKey(config.keyFile)
    : await createHostKey(config.keyFile);
  const { kty, crv, x } = jwk;
  const response = await fetch(`${config.api}/v1/admin/hosts/${config.hostId}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
    body: JSON.stringify({
      origin: config.origin,
      public_key: { kty, crv, x },
      launches: config.launcherSocket !== undefined,
    }),
  });
  if (!response.ok) {
    const problem = (await response.json().catch(() => ({}))) as { detail?: string };
    throw new EnrollError(`the edge answered ${response.status}: ${problem.detail ?? response.statusText}`);
  }
  await mkdir(dirname(configFile), { recursive: true, mode: 0o755 });
  await writeFile(configFile, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
}
