import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { NODE_BINARY } from "../../../lab/node-binary.ts";

const run = promisify(execFile);
const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

async function build(umask: string, env: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "packages-test-"));
  folders.push(folder);
  const command = `umask ${umask}; exec "$0" dev/package/main.ts --version 1.0.0-rc.1 --arch arm64 --out "$1"`;
  await run("sh", ["-c", command, NODE_BINARY, folder], { env: { ...process.env, ...env } });
  return folder;
}

test("npm run package gives the same bytes twice, with another umask, time zone and locale", async () => {
  const [first, second] = await Promise.all([
    build("022", { TZ: "UTC", LC_ALL: "C" }),
    build("077", { TZ: "Pacific/Auckland", LC_ALL: "C.UTF-8" }),
  ]);
  const sums = await readFile(join(first, "SHA256SUMS"), "utf8");
  expect(await readFile(join(second, "SHA256SUMS"), "utf8")).toBe(sums);
  // It lists each file, and the sums are those of the files.
  const names = sums
    .trim()
    .split("\n")
    .map((line) => line.split("  ")[1]);
  expect(names).toEqual([
    "pandastack-agent_1.0.0~rc.1.cdx.json",
    "pandastack-agent_1.0.0~rc.1_arm64.deb",
    "pandastack-agent_1.0.0~rc.1_arm64.tar.gz",
    "preview-connector_1.0.0~rc.1.cdx.json",
    "preview-connector_1.0.0~rc.1_arm64.deb",
  ]);
  expect((await readdir(first)).sort()).toEqual(["SHA256SUMS", ...names]);
  await run("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: second });
});
