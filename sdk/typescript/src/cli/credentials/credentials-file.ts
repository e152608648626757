import { chmod, mkdir, open, readFile, rename } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** The stored token of one API. */
export interface StoredCredential {
  /** Absent where the system's keyring has it. */
  readonly token?: string;
}

export interface Credentials {
  /** The API that commands use where nothing else is named. */
  readonly current?: string;
  readonly apis: Readonly<Record<string, StoredCredential>>;
}

export function credentialsPath(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment.XDG_CONFIG_HOME || join(homedir(), ".config");
  return join(base, "pandastack", "preview.json");
}

/** @throws {Error} where the file is not what `login` writes */
export async function readCredentials(path: string): Promise<Credentials> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { apis: {} };
    throw error;
  }
  try {
    const { current, apis } = JSON.parse(text) as Partial<Credentials>;
    return { ...(typeof current === "string" && { current }), apis: Object(apis) };
  } catch {
    throw new Error(`${path} is not valid JSON. Remove it, and run \`pandastack-preview login\`.`);
  }
}

/** Replaces the file as a whole, readable by its owner only. */
export async function writeCredentials(path: string, credentials: Credentials): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}`;
  const file = await open(temporary, "w", 0o600);
  try {
    // The mode of `open` does not apply to a file that was left over.
    await chmod(temporary, 0o600);
    await file.writeFile(`${JSON.stringify(credentials, undefined, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
