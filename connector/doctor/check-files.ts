import { access, constants, stat } from "node:fs/promises";
import type { Config } from "../config.ts";
import { readHostKey } from "../edge/host-key.ts";
import type { Finding } from "./finding.ts";
import { fault, ok, wordsOf } from "./finding.ts";

const OTHERS = 0o077;

/** The host's key and state: there, whole, writable, and nobody else's to read. */
export async function checkFiles({ keyFile, stateDirectory }: Config): Promise<Finding[]> {
  return [await checkKey(keyFile), await checkDirectory(stateDirectory)];
}

async function checkKey(path: string): Promise<Finding> {
  const check = "host key";
  try {
    await readHostKey(path);
    const { mode } = await stat(path);
    if ((mode & OTHERS) !== 0)
      return fault(
        check,
        `${path} can be read by others (mode ${(mode & 0o777).toString(8)})`,
        `chmod 600 ${path}; who has read it can act as this host: preview-connector enroll --replace makes a new key`,
      );
    return ok(check, path);
  } catch (error) {
    return fault(
      check,
      wordsOf(error),
      "run this as the connector's user; where the file is damaged, remove it and run preview-connector enroll --replace",
    );
  }
}

async function checkDirectory(path: string): Promise<Finding> {
  const check = "state";
  try {
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return ok(check, path);
  } catch (error) {
    return fault(check, wordsOf(error), `make ${path} a directory of the connector's user, with mode 700`);
  }
}
