import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildAgent } from "../../agent/build/build-agent.ts";
import { NODE_BINARY } from "../node-binary.ts";
import { pathExists } from "../path-exists.ts";
import { CACHE_FOLDER } from "./cache-folder.ts";
import type { DebianPackage } from "./debian-packages.ts";
import { findKernelPackage, findPackages, unpackPackages } from "./debian-packages.ts";
import { hashTree } from "./file-tree.ts";
import type { Programs, Tree } from "./pack-initramfs.ts";
import { packInitramfs } from "./pack-initramfs.ts";
import { pruneImages } from "./prune-images.ts";

/** Raised when the layout of an image changes. */
const LAYOUT = "3";

/** What Node needs, also the one in a package that is installed later. */
export const LIBRARY_PACKAGES: readonly string[] = ["libc6", "libstdc++6", "libgcc-s1"];

/** `bare`: without Node and without our agent. */
export type ImageKind = "node" | "bare";

export interface Image {
  readonly kernel: string;
  readonly initramfs: string;
  /** Changes with any of the image's contents. */
  readonly key: string;
}

/** Sources do not change while a process runs. */
const builds = new Map<string, Promise<Image>>();

/**
 * Builds a microVM's kernel and initramfs: Debian's cloud kernel, busybox, Node and the agent.
 *
 * The same packages and sources give the same bytes. An image that was built before is taken from the cache, which
 * holds images under a hash of their parts, and keeps those that were used last.
 *
 * @param trees folders to add, such as a project with its `node_modules`
 */
export async function buildImage(
  trees: readonly Tree[] = [],
  cache = CACHE_FOLDER,
  kind: ImageKind = "node",
): Promise<Image> {
  const name = JSON.stringify([trees, cache, kind]);
  const building = builds.get(name) ?? build(trees, cache, kind);
  builds.set(name, building);
  const image = await building;
  try {
    await touch(dirname(image.initramfs));
    return image;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    // Pruned by another lab since this process built it.
    builds.delete(name);
    return buildImage(trees, cache, kind);
  }
}

function touch(path: string): Promise<void> {
  const now = new Date();
  return utimes(path, now, now);
}

async function build(trees: readonly Tree[], cache: string, kind: ImageKind): Promise<Image> {
  const { packages, key, ...files } = await findParts(trees, kind);
  const folder = join(cache, "images", key);
  const image = { kernel: join(folder, "vmlinuz"), initramfs: join(folder, "initramfs.cpio"), key };
  if (await pathExists(image.initramfs)) return image;

  const draft = await makeDraftFolder(cache);
  const unpacked = await unpackPackages(packages, join(cache, "packages"));
  const [kernel = "", busybox = "", ...libraries] = unpacked;
  await writeFile(join(draft, "vmlinuz"), await readKernel(kernel));
  await writeFile(
    join(draft, "initramfs.cpio"),
    await packInitramfs({ kernel, busybox, libraries, trees, ...files }),
  );
  await publish(draft, folder);
  await pruneImages(dirname(folder), Date.now());
  return image;
}

interface Parts {
  /** The kernel's, busybox's, and those of the libraries. */
  readonly packages: readonly DebianPackage[];
  readonly programs: Programs | undefined;
  readonly init: Buffer;
  readonly serveCommands: Buffer;
  readonly key: string;
}

async function findParts(trees: readonly Tree[], kind: ImageKind): Promise<Parts> {
  const packages = await findPackages([await findKernelPackage(), "busybox-static", ...LIBRARY_PACKAGES]);
  const programs =
    kind === "bare" ? undefined : { agent: await bundleAgent(), node: await readFile(NODE_BINARY) };
  const init = await readFile(new URL("contents/init.sh", import.meta.url));
  const serveCommands = await readFile(new URL("contents/serve-commands.sh", import.meta.url));
  const hash = createHash("sha256").update(LAYOUT);
  for (const { sha256 } of packages) hash.update(sha256);
  for (const part of [init, serveCommands, ...Object.values(programs ?? {})]) {
    hash.update(createHash("sha256").update(part).digest());
  }
  for (const tree of trees) hash.update(`${tree.to}\0${await hashTree(tree.from)}\0`);
  return { packages, programs, init, serveCommands, key: hash.digest("hex").slice(0, 16) };
}

async function bundleAgent(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "lab-agent-"));
  try {
    await buildAgent(join(folder, "agent.cjs"));
    return await readFile(join(folder, "agent.cjs"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function readKernel(root: string): Promise<Buffer> {
  const name = (await readdir(join(root, "boot"))).find((file) => file.startsWith("vmlinuz-"));
  return readFile(join(root, "boot", name!));
}

async function makeDraftFolder(cache: string): Promise<string> {
  await mkdir(join(cache, "images"), { recursive: true });
  return mkdtemp(join(cache, "images", "draft-"));
}

/** Two builds of the same image may end at once: the first one counts. */
async function publish(draft: string, folder: string): Promise<void> {
  try {
    await rename(draft, folder);
  } catch (error) {
    if (!(await pathExists(folder))) throw error;
    await rm(draft, { recursive: true });
  }
}
