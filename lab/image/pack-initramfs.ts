import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../run-command.ts";
import { CpioArchive } from "./cpio-archive.ts";
import { listTree } from "./file-tree.ts";

const AGENT = "/usr/local/lib/pandastack/agent.cjs";
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

/** A folder of this computer, and where it is in the image. */
export interface Tree {
  readonly from: string;
  readonly to: string;
}

export interface Programs {
  readonly agent: Buffer;
  readonly node: Buffer;
}

/** What an initramfs is packed from; packages are given as the folders of their files. */
export interface InitramfsParts {
  readonly kernel: string;
  readonly busybox: string;
  readonly libraries: readonly string[];
  readonly programs: Programs | undefined;
  readonly init: Buffer;
  readonly serveCommands: Buffer;
  readonly trees: readonly Tree[];
}

/** Packs the root file system of a microVM. */
export async function packInitramfs(parts: InitramfsParts): Promise<Buffer> {
  const archive = new CpioArchive();
  // The kernel opens it for init before anything is mounted.
  archive.characterDevice("/dev/console", 5, 1);
  for (const folder of ["/proc", "/sys", "/tmp", "/run", "/root", "/etc/pandastack", "/workspace"]) {
    archive.folder(folder);
  }
  await addBusybox(archive, parts.busybox);
  await addModules(archive, parts.kernel);
  for (const root of parts.libraries) await addLibraries(archive, root);
  if (parts.programs !== undefined) {
    archive.file("/usr/bin/node", parts.programs.node, 0o755);
    archive.file(AGENT, parts.programs.agent);
  }
  archive.file("/init", parts.init, 0o755);
  archive.file("/usr/local/bin/serve-commands", parts.serveCommands, 0o755);
  archive.file("/etc/passwd", Buffer.from("root:x:0:0:root:/root:/bin/sh\n"));
  archive.file("/etc/hosts", Buffer.from("127.0.0.1 localhost\n::1 localhost\n"));
  for (const tree of parts.trees) await addTree(archive, tree);
  return archive.end();
}

async function addBusybox(archive: CpioArchive, root: string): Promise<void> {
  const path = join(root, "bin/busybox");
  archive.file("/bin/busybox", await readFile(path), 0o755);
  const applets = (await runCommand(path, ["--list"])).split("\n").filter((name) => name !== "");
  for (const applet of applets) if (applet !== "busybox") archive.symlink(`/bin/${applet}`, "busybox");
  archive.symlink("/usr/bin/env", "/bin/busybox");
}

async function addModules(archive: CpioArchive, root: string): Promise<void> {
  const files = await listTree(join(root, "lib/modules"));
  for (const module of MODULES) {
    const file = files.find(({ path }) => path.endsWith(`/${module}.ko`));
    if (file === undefined) throw new Error(`the kernel package has no module ${module}`);
    archive.file(`/lib/modules/${module}.ko`, await readFile(join(root, "lib/modules", file.path)));
  }
}

/** Symbolic links among them (`libstdc++.so.6`) are followed, so that one folder holds all. */
async function addLibraries(archive: CpioArchive, root: string): Promise<void> {
  for (const { path } of await listTree(root)) {
    const name = path.split("/").at(-1) ?? "";
    if (!LIBRARIES.test(name) || !path.includes("x86_64-linux-gnu")) continue;
    archive.file(`/lib/x86_64-linux-gnu/${name}`, await readFile(join(root, path)), 0o755);
    if (name.startsWith("ld-linux")) archive.symlink(`/lib64/${name}`, `/lib/x86_64-linux-gnu/${name}`);
  }
}

async function addTree(archive: CpioArchive, { from, to }: Tree): Promise<void> {
  archive.folder(to);
  for (const entry of await listTree(from)) {
    const path = join(to, entry.path);
    if (entry.kind === "folder") archive.folder(path);
    else if (entry.kind === "symlink") archive.symlink(path, entry.target);
    else archive.file(path, await readFile(join(from, entry.path)), entry.mode);
  }
}
