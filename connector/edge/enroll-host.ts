import { existsSync } from "node:fs";
import type { EnrolmentBody } from "../../shared/protocol/enrolment.ts";
import { enrolmentPath } from "../../shared/protocol/enrolment.ts";
import type { Config } from "../config.ts";
import { makeDirectory } from "../state/make-directory.ts";
import { replaceFile } from "../state/replace-file.ts";
import { USER_AGENT } from "../user-agent.ts";
import { createHostKey, readPublicKey } from "./host-key.ts";
import { readProblem } from "./read-problem.ts";

/** It has no secret. Its directory is root's, and the group's is the connector's: that reads the file by its group. */
const CONFIG_MODE = 0o640;

/** The edge did not accept this host. */
export class EnrollError extends Error {
  override readonly name = "EnrollError";
}

export interface Enrolment {
  /** One-time token that the admin has created for this host. */
  readonly token: string;
  /** The id may be enrolled with another key, which is then refused. */
  readonly replace: boolean;
}

/**
 * Makes this host known to the edge: creates a key pair where there is none, registers its public part, and writes the
 * configuration. A repeated call changes only what differs.
 *
 * The configuration is written before the call, and takes its place after it: a token that is used up is not lost on a
 * directory that cannot be written.
 *
 * @throws {EnrollError} with the edge's own words
 * @throws {StateError} where the key or the configuration cannot be written
 */
export async function enrollHost(config: Config, enrolment: Enrolment, configFile: string): Promise<void> {
  await makeDirectory(config.keyFile);
  const body: EnrolmentBody = {
    origin: config.origin,
    public_key: existsSync(config.keyFile)
      ? await readPublicKey(config.keyFile)
      : await createHostKey(config.keyFile),
    launches: config.launcherSocket !== undefined,
    replace: enrolment.replace,
  };
  await makeDirectory(configFile, 0o755);
  const text = `${JSON.stringify(config, undefined, 2)}\n`;
  await replaceFile(configFile, text, () => register(config, enrolment.token, body), CONFIG_MODE);
}

async function register({ api, hostId }: Config, token: string, body: EnrolmentBody): Promise<void> {
  let response: Response;
  try {
    response = await fetch(api + enrolmentPath(hostId), {
      method: "PUT",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "user-agent": USER_AGENT,
      },
      body: JSON.stringify(body),
      redirect: "error",
    });
  } catch (error) {
    throw new EnrollError(`the edge at ${api} did not answer`, { cause: error });
  }
  if (response.ok) return;
  const { detail } = await readProblem(response);
  throw new EnrollError(`the edge answered ${response.status}: ${detail}`);
}
