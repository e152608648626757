import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Deb } from "../../../../../dev/package/archive/create-deb.ts";
import { createDeb } from "../../../../../dev/package/archive/create-deb.ts";

const EPOCH_S = 1_000_000_000;
const DEB: Deb = {
  control: {
    Package: "example",
    Version: "1.0.0~rc.1",
    Architecture: "all",
    Maintainer: "A <a@example.com>",
    Description: "An example",
  },
  scripts: { postinst: "#!/bin/sh\n" },
  entries: [
    { path: "/usr/lib/example/program", content: Buffer.alloc(3001, "x"), mode: 0o755 },
    { path: "/usr/bin/example", target: "../lib/example/program" },
  ],
};

const folder = mkdtempSync(join(tmpdir(), "create-deb-"));
const file = join(folder, "example.deb");
afterAll(() => rmSync(folder, { recursive: true }));

/** dpkg's own reader. */
function dpkgDeb(...args: string[]): string {
  return execFileSync("dpkg-deb", args, { encoding: "utf8", env: { ...process.env, TZ: "UTC" } });
}

test("createDeb() writes a package that dpkg reads: fields, script, files with owner, mode and time", async () => {
  writeFileSync(file, await createDeb(DEB, EPOCH_S));
  expect(dpkgDeb("--field", file)).toBe(
    "Package: example\nVersion: 1.0.0~rc.1\nArchitecture: all\nMaintainer: A <a@example.com>\n" +
      "Description: An example\nInstalled-Size: 3\n",
  );
  expect(dpkgDeb("--info", file, "postinst")).toBe("#!/bin/sh\n");
  expect(dpkgDeb("--info", file, "md5sums")).toMatch(/^[0-9a-f]{32} {2}usr\/lib\/example\/program\n$/);
  const lines = dpkgDeb("--contents", file).trim().split("\n");
  expect(lines.map((line) => line.replace(/ +/g, " "))).toEqual([
    "drwxr-xr-x root/root 0 2001-09-09 01:46 ./usr/",
    "drwxr-xr-x root/root 0 2001-09-09 01:46 ./usr/bin/",
    "lrwxrwxrwx root/root 0 2001-09-09 01:46 ./usr/bin/example -> ../lib/example/program",
    "drwxr-xr-x root/root 0 2001-09-09 01:46 ./usr/lib/",
    "drwxr-xr-x root/root 0 2001-09-09 01:46 ./usr/lib/example/",
    "-rwxr-xr-x root/root 3001 2001-09-09 01:46 ./usr/lib/example/program",
  ]);
});

test("createDeb() gives the same bytes for the same entries in another order, and others for another time", async () => {
  const deb = await createDeb(DEB, EPOCH_S);
  const reversed = await createDeb({ ...DEB, entries: DEB.entries.toReversed() }, EPOCH_S);
  expect(reversed.equals(deb)).toBe(true);
  expect((await createDeb(DEB, EPOCH_S + 1)).equals(deb)).toBe(false);
});
