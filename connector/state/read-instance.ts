import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isInstance } from "../../shared/protocol/host-token.ts";
import { makeDirectory } from "./make-directory.ts";
import { replaceFile } from "./replace-file.ts";
import { StateError } from "./state-error.ts";

const FILE = "instance";
const ID_BYTES = 16;

/**
 * The id of this connector's instance: made at its first start, and kept with its state, so that a restart keeps it and
 * a second connector of the same host has another one.
 *
 * @throws {StateError} also where the file holds something else
 */
export async function readInstance(stateDirectory: string): Promise<string> {
  const path = join(stateDirectory, FILE);
  const known = await readText(path);
  if (known === undefined) return createInstance(path);
  if (!isInstance(known))
    throw StateError.cannotRead(path, "it holds no instance id; remove it to get a new one");
  return known;
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw StateError.cannotRead(path, error);
  }
}

async function createInstance(path: string): Promise<string> {
  const instance = randomBytes(ID_BYTES).toString("base64url");
  await makeDirectory(path);
  await replaceFile(path, `${instance}\n`);
  return instance;
}
