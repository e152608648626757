import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createPassKey } from "../create-pass-key.ts";

/** The secrets that the operator of a deployment keeps; here in a file, so that links and URLs survive a restart. */
export interface LocalSecrets {
  readonly linkSecret: string;
  /** JWK, as the Worker's secret holds it. */
  readonly passSigningKey: string;
  readonly adminToken: string;
  apiToken?: string;
  /** Sandbox ids by guest address. */
  readonly sandboxIds: Record<string, string>;
}

/** The file of the local secrets, in the state directory. */
export class SecretsFile {
  readonly #path: string;

  constructor(stateDirectory: string) {
    this.#path = join(stateDirectory, "secrets.json");
  }

  async load(): Promise<LocalSecrets> {
    try {
      return JSON.parse(await readFile(this.#path, "utf8")) as LocalSecrets;
    } catch {
      const secrets = await createSecrets();
      await this.save(secrets);
      return secrets;
    }
  }

  async save(secrets: LocalSecrets): Promise<void> {
    await mkdir(join(this.#path, ".."), { recursive: true });
    await writeFile(this.#path, JSON.stringify(secrets, undefined, 2), { mode: 0o600 });
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
