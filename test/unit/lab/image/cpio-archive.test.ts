import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CpioArchive } from "../../../../lab/image/cpio-archive.ts";
import { runCommand } from "../../../../lab/run-command.ts";

function createArchive(): Buffer {
  const archive = new CpioArchive();
  archive.file("/srv/app/page.html", Buffer.from("<h1>"), 0o640);
  archive.symlink("/srv/app/index.html", "page.html");
  archive.characterDevice("/dev/console", 5, 1);
  return archive.end();
}

describe("CpioArchive", () => {
  test("gives the same bytes for the same content", () => {
    expect(createArchive().equals(createArchive())).toBe(true);
  });

  test("is read by cpio, folders before what is in them", async () => {
    const folder = await mkdtemp(join(tmpdir(), "cpio-"));
    await writeFile(join(folder, "archive"), createArchive());
    const list = "cpio -itv --quiet --numeric-uid-gid <archive";
    const lines = (await runCommand("sh", ["-c", list], folder)).trim().split("\n");
    expect(lines.map((line) => line.split(/\s+/)[0])).toEqual([
      "drwxr-xr-x",
      "drwxr-xr-x",
      "-rw-r-----",
      "lrwxrwxrwx",
      "drwxr-xr-x",
      "crw-------",
    ]);
    await runCommand("sh", ["-c", "cpio -id --quiet srv srv/app srv/app/page.html <archive"], folder);
    expect(await readFile(join(folder, "srv/app/page.html"), "utf8")).toBe("<h1>");
    await rm(folder, { recursive: true });
  });
});
