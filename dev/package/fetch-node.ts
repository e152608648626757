import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { unpackTar } from "modern-tar";
import type { Architecture } from "./architecture.ts";
import { NODE_VERSION } from "./architecture.ts";

const CACHE = fileURLToPath(new URL("../../.preview/node", import.meta.url));

export interface NodeFiles {
  /** The `node` program. */
  readonly binary: Uint8Array;
  readonly license: Uint8Array;
}

/**
 * Fetches Node for an architecture from the npm registry, or from the cache of a former run.
 *
 * @throws {Error} where the archive's hash differs from the one in this repository
 */
export async function fetchNode(architecture: Architecture): Promise<NodeFiles> {
  const archive = await readArchive(architecture);
  const found = integrityOf(archive);
  if (found !== architecture.nodeIntegrity) {
    throw new Error(
      `${architecture.nodePackage} ${NODE_VERSION} has the integrity ${found}, and must have ${architecture.nodeIntegrity}`,
    );
  }
  const wanted = ["package/bin/node", "package/LICENSE"];
  const entries = await unpackTar(await promisify(gunzip)(archive), {
    filter: ({ name }) => wanted.includes(name),
  });
  const [binary, license] = wanted.map((name) => entries.find(({ header }) => header.name === name)?.data);
  if (binary == null || license == null)
    throw new Error(`${architecture.nodePackage} lacks ${wanted.join(" or ")}`);
  return { binary, license };
}

async function readArchive({ nodePackage }: Architecture): Promise<Buffer> {
  const name = `${nodePackage}-${NODE_VERSION}.tgz`;
  const cached = join(CACHE, name);
  try {
    return await readFile(cached);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  await mkdir(CACHE, { recursive: true });
  // In a folder of its own: another run may fetch the same at the same time.
  const draft = await mkdtemp(join(CACHE, "draft-"));
  try {
    await promisify(execFile)("npm", ["pack", `${nodePackage}@${NODE_VERSION}`, "--loglevel=error"], {
      cwd: draft,
      maxBuffer: 2 ** 24,
    });
    await rename(join(draft, name), cached);
  } finally {
    await rm(draft, { recursive: true });
  }
  return readFile(cached);
}

function integrityOf(bytes: Uint8Array): string {
  return `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
}
