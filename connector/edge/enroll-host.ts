import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Config } from "../config.ts";
import { createHostKey, readPublicKey } from "./host-key.ts";
import { readProblem } from "./read-problem.ts";

/** The edge did not accept this host. */
export class EnrollError extends Error {
  override readonly name = "EnrollError";
}

/**
 * Makes this host known to the edge: creates a key pair where there is none, registers its public part, and writes the
 * configuration. A repeated call changes only what differs.
 *
 * @throws {EnrollError} with the edge's own words
 */
export async function enrollHost(config: Config, adminToken: string, configFile: string): Promise<void> {
  await mkdir(dirname(config.keyFile), { recursive: true, mode: 0o700 });
  const publicKey = existsSync(config.keyFile)
    ? await readPublicKey(config.keyFile)
    : await createHostKey(config.keyFile);
  const response = await fetch(`${config.api}/v1/admin/hosts/${config.hostId}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
    body: JSON.stringify({
      origin: config.origin,
      public_key: publicKey,
      launches: config.launcherSocket !== undefined,
    }),
  });
  if (!response.ok) {
    throw new EnrollError(`the edge answered ${response.status}: ${(await readProblem(response)).detail}`);
  }
  await mkdir(dirname(configFile), { recursive: true, mode: 0o755 });
  await writeFile(configFile, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
}
