import { chown, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { replaceFile, syncDirectory } from "../../../../connector/state/replace-file.ts";

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "replace-"));
  path = join(directory, "file");
});

afterEach(() => rm(directory, { recursive: true }));

describe("replaceFile()", () => {
  test("writes a file that only its owner reads, and leaves nothing else", async () => {
    await replaceFile(path, "one");
    await replaceFile(path, "two");
    expect(await readFile(path, "utf8")).toBe("two");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(["file"]);
  });

  test("gives what root writes to the directory's owner, before it asks for confirmation", async () => {
    // Another user cannot give a directory away, and is its owner.
    if (process.getuid?.() === 0) await chown(directory, 4711, 4712);
    const { uid, gid } = await stat(directory);
    await replaceFile(path, "one", async () => {
      const [temporary = ""] = (await readdir(directory)).filter((name) => name.endsWith(".tmp"));
      expect(await stat(join(directory, temporary))).toMatchObject({ uid, gid });
    });
    expect(await stat(path)).toMatchObject({ uid, gid });
  });

  test("writes with other permissions where they are named", async () => {
    await replaceFile(path, "one", undefined, 0o640);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
  });

  test("has written everything when it asks for confirmation, and shows it only after that", async () => {
    await replaceFile(path, "one");
    await replaceFile(path, "two", async () => {
      const [temporary = ""] = (await readdir(directory)).filter((name) => name.endsWith(".tmp"));
      expect(await readFile(join(directory, temporary), "utf8")).toBe("two");
      expect(await readFile(path, "utf8")).toBe("one");
    });
    expect(await readFile(path, "utf8")).toBe("two");
  });

  test("leaves the former file where it is not confirmed", async () => {
    await replaceFile(path, "one");
    await expect(replaceFile(path, "two", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await readFile(path, "utf8")).toBe("one");
    expect(await readdir(directory)).toEqual(["file"]);
  });

  test("names the path and the reason where it cannot write", async () => {
    const nowhere = join(directory, "missing", "file");
    await expect(replaceFile(nowhere, "x")).rejects.toThrow(`cannot write ${nowhere}: ENOENT`);
  });
});

describe("syncDirectory()", () => {
  test("shares one flush among all who ask during another one, and names a directory that is not there", async () => {
    const running = syncDirectory(directory);
    const [next, same] = [syncDirectory(directory), syncDirectory(directory)];
    expect(next).not.toBe(running);
    expect(same).toBe(next);
    await Promise.all([running, next]);
    await expect(syncDirectory(join(directory, "missing"))).rejects.toThrow("ENOENT");
    await expect(syncDirectory(join(directory, "missing"))).rejects.toThrow("ENOENT");
  });
});
