import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { StateError } from "./state-error.ts";

/** Makes the directory of a file, where it is missing. @throws {StateError} */
export async function makeDirectory(file: string, mode = 0o700): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode });
  } catch (error) {
    throw StateError.cannotWrite(file, error);
  }
}
