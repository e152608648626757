import { createHash } from "node:crypto";
import {
  access,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildAgent } from "../agent/build/build-agent.ts";
import { CpioArchive } from "./cpio-archive.ts";
import type { DebianPackage } from "./debian-packages.ts";
import { findKernelPackage, findPackages, unpackPackages } from "./debian-packages.ts";
import { NODE_BINARY } from "./node-binary.ts";
import { pruneImages } from "./prune-images.ts";
import { runCommand } from "./run-command.ts";

/** Raised when this file's way of laying out an image changes. */
const LAYOUT = "2";

export const CACHE_FOLDER: string = fileURLToPath(new URL("../.preview/lab", import.meta.url));

const AGENT = "/usr/local/lib/pandastack/agent.cjs";
const LIBRARY_PACKAGES = ["libc6", "libstdc++6", "libgcc-s1"];
const LIBRARIES =
  /^(ld-linux-x86-64|libc|libm|libdl|libpthread|librt|libstdc\+\+|libgcc_s|libnss_files)\.so\.\d+$/;
const MODULES = [
  "virtio_ring",
  "virtio",
  "virtio_pci_modern_dev",
  "virtio_pci_legacy_dev",
  "virtio_pci",
  "failover",
  "net_failover",
  "virtio_net",
  "virtio_console",
];

export interface Image {
  readonly kernel: string;
  readonly initramfs: string;
  /** Changes with any of the image's contents. */
  readonly key: string;
}

/** Sources do not change while a process runs. */
const builds = new Map<string, Promise<Image>>();

/** A folder of this machine, and where the guest finds it. */
export interface Tree {
  readonly from: string;
  readonly to: string;
}

/**
 * Builds a guest's kernel and initramfs: Debian's cloud kernel, busybox, Node and the agent.
 *
 * The same packages and sources give the same bytes. What was built before is taken from the cache, which
 * holds an image under a hash of what goes into it, and keeps those that were used last.
 *
 * @param trees folders to add, such as a project with its `node_modules`
 */
export async function buildImage(trees: readonly Tree[] = [], cache = CACHE_FOLDER): Promise<Image> {
  const name = JSON.stringify([trees, cache]);
  const building = builds.get(name) ?? build(trees, cache);
  builds.set(name, building);
  const image = await building;
  try {
    await touch(dirname(image.initramfs));
    return image;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    // Pruned by another lab since this process built it.
    builds.delete(name);
    return buildImage(trees, cache);
  }
}

function touch(path: string): Promise<void> {
  const now = new Date();
  return utimes(path, now, now);
}

async function build(trees: readonly Tree[], cache: string): Promise<Image> {
  const parts = await findParts(trees);
  const folder = join(cache, "images", parts.key);
  const image = {
    kernel: join(folder, "vmlinuz"),
    initramfs: join(folder, "initramfs.cpio"),
    key: parts.key,
  };
  if (await exists(image.initramfs)) return image;

  const draft = await makeDraftFolder(cache);
  const [kernel, ...others] = await unpackPackages(parts.packages, join(cache, "packages"));
  await writeFile(join(draft, "vmlinuz"), await readKernel(kernel!));
  await writeFile(join(draft, "initramfs.cpio"), await packInitramfs(kernel!, others, parts, trees));
  await publish(draft, folder);
  await pruneImages(dirname(folder), Date.now());
  return image;
}

interface Parts {
  readonly packages: readonly DebianPackage[];
  readonly agent: Buffer;
  readonly init: Buffer;
  readonly serveCommands: Buffer;
  readonly key: string;
}

async function findParts(trees: readonly Tree[]): Promise<Parts> {
  const packages = await findPackages([await findKernelPackage(), "busybox-static", ...LIBRARY_PACKAGES]);
  const agent = await bundleAgent();
  const init = await readFile(new URL("machine/init.sh", import.meta.url));
  const serveCommands = await readFile(new URL("machine/serve-commands.sh", import.meta.url));
  const hash = createHash("sha256").update(LAYOUT);
  for (const { sha256 } of packages) hash.update(sha256);
  for (const part of [agent, init, serveCommands, await readFile(NODE_BINARY)]) {
    hash.update(createHash("sha256").update(part).digest());
  }
  for (const tree of trees) hash.update(`${tree.to}\0${await hashTree(tree.from)}\0`);
  return { packages, agent, init, serveCommands, key: hash.digest("hex").slice(0, 16) };
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

/** Covers names, modes and contents. */
async function hashTree(folder: string): Promise<string> {
  const hash = createHash("sha256");
  for (const entry of await listTree(folder)) {
    hash.update(`${entry.kind}\0${entry.path}\0`);
    if (entry.kind === "file")
      hash.update(`${entry.mode}\0`).update(await readFile(join(folder, entry.path)));
    if (entry.kind === "link") hash.update(entry.target);
  }
  return hash.digest("hex");
}

type TreeEntry =
  | { readonly kind: "file"; readonly path: string; readonly mode: number }
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

async function listTree(folder: string): Promise<TreeEntry[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const listed = entries.map(async (entry): Promise<TreeEntry> => {
    const absolute = join(entry.parentPath, entry.name);
    const path = absolute.slice(folder.length + 1);
    if (entry.isSymbolicLink()) return { kind: "link", path, target: await readlink(absolute) };
    if (entry.isDirectory()) return { kind: "folder", path };
    const { mode } = await stat(absolute);
    // Others' bits are whatever this machine's umask makes them.
    return { kind: "file", path, mode: (mode & 0o100) === 0 ? 0o644 : 0o755 };
  });
  return (await Promise.all(listed)).sort((left, right) => (left.path < right.path ? -1 : 1));
}

async function readKernel(root: string): Promise<Buffer> {
  const name = (await readdir(join(root, "boot"))).find((file) => file.startsWith("vmlinuz-"));
  return readFile(join(root, "boot", name!));
}

async function packInitramfs(
  kernel: string,
  [busybox, ...libraries]: readonly string[],
  parts: Parts,
  trees: readonly Tree[],
): Promise<Buffer> {
  const archive = new CpioArchive();
  // The kernel opens it for init before anything is mounted.
  archive.characterDevice("/dev/console", 5, 1);
  for (const folder of ["/proc", "/sys", "/tmp", "/run", "/root", "/etc/pandastack", "/workspace"]) {
    archive.folder(folder);
  }
  await addBusybox(archive, busybox!);
  await addModules(archive, kernel);
  for (const root of libraries) await addLibraries(archive, root);
  archive.file("/usr/bin/node", await readFile(NODE_BINARY), 0o755);
  archive.file(AGENT, parts.agent);
  archive.file("/init", parts.init, 0o755);
  archive.file("/usr/local/bin/serve-commands", parts.serveCommands, 0o755);
  archive.file("/etc/passwd", Buffer.from("root:x:0:0:root:/root:/bin/sh\n"));
  archive.file("/etc/hosts", Buffer.from("127.0.0.1 localhost\n::1 localhost\n"));
  for (const tree of trees) await addTree(archive, tree);
  return archive.end();
}

async function addBusybox(archive: CpioArchive, root: string): Promise<void> {
  const path = join(root, "bin/busybox");
  archive.file("/bin/busybox", await readFile(path), 0o755);
  const applets = (await runCommand(path, ["--list"])).split("\n").filter((name) => name !== "");
  for (const applet of applets) if (applet !== "busybox") archive.link(`/bin/${applet}`, "busybox");
  archive.link("/usr/bin/env", "/bin/busybox");
}

async function addModules(archive: CpioArchive, root: string): Promise<void> {
  const files = await listTree(join(root, "lib/modules"));
  for (const module of MODULES) {
    const file = files.find(({ path }) => path.endsWith(`/${module}.ko`));
    if (file === undefined) throw new Error(`the kernel package has no module ${module}`);
    archive.file(`/lib/modules/${module}.ko`, await readFile(join(root, "lib/modules", file.path)));
  }
}

/** Links among them (`libstdc++.so.6`) are followed, so that one folder holds all. */
async function addLibraries(archive: CpioArchive, root: string): Promise<void> {
  for (const { path } of await listTree(root)) {
    const name = path.split("/").at(-1) ?? "";
    if (!LIBRARIES.test(name) || !path.includes("x86_64-linux-gnu")) continue;
    archive.file(`/lib/x86_64-linux-gnu/${name}`, await readFile(join(root, path)), 0o755);
    if (name.startsWith("ld-linux")) archive.link(`/lib64/${name}`, `/lib/x86_64-linux-gnu/${name}`);
  }
}

async function addTree(archive: CpioArchive, { from, to }: Tree): Promise<void> {
  archive.folder(to);
  for (const entry of await listTree(from)) {
    const path = join(to, entry.path);
    if (entry.kind === "folder") archive.folder(path);
    else if (entry.kind === "link") archive.link(path, entry.target);
    else archive.file(path, await readFile(join(from, entry.path)), entry.mode);
  }
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
    if (!(await exists(folder))) throw error;
    await rm(draft, { recursive: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
