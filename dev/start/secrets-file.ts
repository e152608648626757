import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { replaceFile } from "../../connector/state/replace-file.ts";
import { StateError } from "../../connector/state/state-error.ts";
import { createPassKey } from "../create-pass-key.ts";

const secretsSchema = z.object({
  linkSecret: z.string().min(1),
  passSigningKey: z.string().min(1),
  adminToken: z.string().min(1),
  apiToken: z.string().optional(),
  sandboxIds: z.record(z.string(), z.string()),
});

/** The secrets that the operator of a deployment keeps; here in a file, so that links and URLs survive a restart. */
export interface LocalSecrets {
  readonly linkSecret: string;
  /** JWK, as the Worker's secret holds it. */
  readonly passSigningKey: string;
  readonly adminToken: string;
  apiToken?: string | undefined;
  /** Sandbox ids by guest address. */
  readonly sandboxIds: Record<string, string>;
}

/** The file of the local secrets, in the state directory. */
export class SecretsFile {
  readonly #path: string;

  constructor(stateDirectory: string) {
    this.#path = join(stateDirectory, "secrets.json");
  }

  /** @throws {StateError} where the file holds something else: to replace it unasked would end all links */
  async load(): Promise<LocalSecrets> {
    const text = await this.#read();
    if (text === undefined) {
      const secrets = await createSecrets();
      await this.save(secrets);
      return secrets;
    }
    try {
      return secretsSchema.parse(JSON.parse(text));
    } catch {
      throw StateError.cannotRead(this.#path, "it does not hold the secrets, or not all of them");
    }
  }

  /** Written whole or not at all. @throws {StateError} */
  save(secrets: LocalSecrets): Promise<void> {
    return replaceFile(this.#path, `${JSON.stringify(secrets, undefined, 2)}\n`);
  }

  async #read(): Promise<string | undefined> {
    try {
      return await readFile(this.#path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw StateError.cannotRead(this.#path, error);
    }
  }
}

async function createSecrets(): Promise<LocalSecrets> {
  return {
    linkSecret: randomBytes(32).toString("base64url"),
    passSigningKey: await createPassKey(),
    adminToken: `pva_${randomBytes(32).toString("base64url")}`,
    sandboxIds: {},
  };
}
