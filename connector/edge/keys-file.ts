import { readFile } from "node:fs/promises";
import type { JSONWebKeySet } from "jose";
import * as z from "zod";
import { replaceFile } from "../state/replace-file.ts";

/** The edge's keys, and when they were fetched. */
export interface FetchedKeys {
  /** Unix milliseconds. */
  readonly fetchedAtMs: number;
  readonly jwks: JSONWebKeySet;
}

const fileSchema = z.object({
  fetchedAtMs: z.int().positive(),
  jwks: z.object({ keys: z.array(z.looseObject({ kty: z.string() })) }),
});

/** The edge's keys on disk, for a start while the edge cannot be reached. */
export class KeysFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** @returns `undefined` where none are kept that can be used: they are fetched then */
  async read(): Promise<FetchedKeys | undefined> {
    try {
      const { fetchedAtMs, jwks } = fileSchema.parse(JSON.parse(await readFile(this.#path, "utf8")));
      // A clock that was set back must not make keys last longer.
      return { fetchedAtMs: Math.min(fetchedAtMs, Date.now()), jwks };
    } catch {
      return undefined;
    }
  }

  /** @throws {StateError} */
  write(keys: FetchedKeys): Promise<void> {
    return replaceFile(this.#path, `${JSON.stringify(keys, undefined, 2)}\n`);
  }
}
