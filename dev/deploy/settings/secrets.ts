import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { createPassKey } from "../../create-pass-key.ts";
import { DeployError } from "../deploy-error.ts";

/** Where a deployment's secrets are kept on the operator's machine; git ignores it. */
export const SECRETS_FOLDER = ".deploy";

/** The secrets without which the Worker does not serve. */
export const REQUIRED_SECRETS = ["LINK_SECRET", "PASS_SIGNING_KEY", "ADMIN_TOKEN_SHA256"] as const;

export type SecretName = (typeof REQUIRED_SECRETS)[number] | "LINK_SECRET_PREVIOUS" | "PASS_SIGNING_KEY_NEXT";

/** By the name that the Worker reads it by. */
export type WorkerSecrets = Partial<Record<SecretName, string>>;

const SECRET_BYTES = 32;
const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

const secretsSchema = z.record(z.string(), z.string());

/**
 * The files of a deployment's secrets: `worker-secrets.json` has what the Worker gets, in the form that
 * `wrangler deploy --secrets-file` reads; `admin-token` is the operator's alone.
 */
export class SecretFiles {
  readonly folder: string;
  readonly adminTokenPath: string;
  readonly #secretsPath: string;

  constructor(folder: string = SECRETS_FOLDER) {
    this.folder = folder;
    this.adminTokenPath = join(folder, "admin-token");
    this.#secretsPath = join(folder, "worker-secrets.json");
  }

  async read(): Promise<WorkerSecrets> {
    const text = await readIfPresent(this.#secretsPath);
    if (text === undefined) return {};
    const parsed = secretsSchema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    throw new DeployError(
      `${this.#secretsPath} is not an object of strings. Restore it from your password manager, or remove it if nothing is deployed yet.`,
    );
  }

  /** @throws {DeployError} where the file is missing */
  async readAdminToken(): Promise<string> {
    const token = (await readIfPresent(this.adminTokenPath))?.trim();
    if (token) return token;
    throw new DeployError(
      `There is no admin token in ${this.adminTokenPath}. Write it there from your password manager, or make another: npm run deploy:rotate -- admin-token`,
    );
  }

  /** Makes the named secrets that are missing, and keeps them. */
  async ensure(names: readonly SecretName[]): Promise<WorkerSecrets> {
    const known = await this.read();
    const missing = names.filter((name) => known[name] === undefined);
    const made: [string, string][] = [];
    for (const name of missing) made.push([name, await this.#make(name)]);
    const secrets = { ...known, ...Object.fromEntries(made) };
    if (made.length > 0) await this.write(secrets);
    return secrets;
  }

  async write(secrets: WorkerSecrets): Promise<void> {
    await writePrivate(this.folder, this.#secretsPath, `${JSON.stringify(secrets, undefined, 2)}\n`);
  }

  async writeAdminToken(token: string): Promise<void> {
    await writePrivate(this.folder, this.adminTokenPath, `${token}\n`);
  }

  /** Keeps a one-time token, with which a host enrols itself. @returns the file */
  async writeEnrolment(host: string, token: string): Promise<string> {
    const path = join(this.folder, `enrolment-${host}`);
    await writePrivate(this.folder, path, `${token}\n`);
    return path;
  }

  /** Runs with a file that has only the named secrets, which is removed afterwards. */
  async withSecretsFile<T>(secrets: WorkerSecrets, run: (path: string) => Promise<T>): Promise<T> {
    const path = join(this.folder, "upload.json");
    await writePrivate(this.folder, path, JSON.stringify(secrets));
    try {
      return await run(path);
    } finally {
      await rm(path, { force: true });
    }
  }

  async #make(name: SecretName): Promise<string> {
    if (name === "LINK_SECRET") return createLinkSecret();
    if (name === "PASS_SIGNING_KEY") return createPassKey();
    const token = (await readIfPresent(this.adminTokenPath))?.trim();
    if (token) return hashAdminToken(token);
    const made = createAdminToken();
    await this.writeAdminToken(made);
    return hashAdminToken(made);
  }
}

/** @param slot which of two secrets a link names; see docs/operate.md */
export function createLinkSecret(slot: 0 | 1 = 0): string {
  return `${slot}:${randomBytes(SECRET_BYTES).toString("base64url")}`;
}

/** 256 random bits: the edge has no other protection against tries. */
export function createAdminToken(): string {
  return `pva_${randomBytes(SECRET_BYTES).toString("base64url")}`;
}

/** What the Worker keeps of the admin token. */
export function hashAdminToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new DeployError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

/** A crash leaves the former file or the new one. */
async function writePrivate(folder: string, path: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER });
  await writeFile(`${path}.new`, text, { mode: PRIVATE_FILE });
  await rename(`${path}.new`, path);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
