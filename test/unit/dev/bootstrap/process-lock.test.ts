import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { releaseLock, takeLock } from "../../../../dev/bootstrap/process-lock.mjs";

const MODULE = resolve("dev/bootstrap/process-lock.mjs");

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "process-lock-"));
  lock = join(folder, "lock");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** An id that no process has. */
function endedProcess(): number {
  return spawnSync(process.execPath, ["--version"]).pid;
}

describe("takeLock()", () => {
  test("takes a lock that nobody holds, which releaseLock() gives back", () => {
    expect(takeLock(lock)).toEqual({ taken: true, former: undefined });
    expect(takeLock(lock)).toEqual({ taken: false, owner: { pid: process.pid } });
    releaseLock(lock);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("names the running process that holds it, and does not release it", () => {
    writeFileSync(lock, JSON.stringify({ pid: process.ppid }));
    expect(takeLock(lock)).toEqual({ taken: false, owner: { pid: process.ppid } });
    releaseLock(lock);
    expect(readdirSync(folder)).toEqual(["lock"]);
  });

  test("takes over from a process that has ended, and from one whose id another process has now", () => {
    const pid = endedProcess();
    writeFileSync(lock, JSON.stringify({ pid }));
    expect(takeLock(lock)).toEqual({ taken: true, former: { pid } });
    writeFileSync(lock, JSON.stringify({ pid: process.ppid, startedAt: "another boot:1" }));
    expect(takeLock(lock)).toEqual({ taken: true, former: { pid: process.ppid } });
    expect(readdirSync(folder)).toEqual(["lock"]);
  });

  test.each(["", "{", "[]", '{"pid":"1"}', '{"pid":-1}'])(
    "takes over a file that names no owner: %j",
    (text) => {
      writeFileSync(lock, text);
      expect(takeLock(lock)).toEqual({ taken: true, former: undefined });
      expect(JSON.parse(readFileSync(lock, "utf8"))).toMatchObject({ pid: process.pid });
    },
  );

  test("gives a stale lock to one of several processes that try at once", async () => {
    writeFileSync(lock, JSON.stringify({ pid: endedProcess() }));
    const code = `import { takeLock } from ${JSON.stringify(MODULE)};
      console.log(takeLock(${JSON.stringify(lock)}).taken); setInterval(() => {}, 1000);`;
    const children = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "pipe", "inherit"] }),
    );
    const outcomes = children.map(
      ({ stdout }) => new Promise<string>((done) => stdout.once("data", (data) => done(String(data).trim()))),
    );
    expect((await Promise.all(outcomes)).sort()).toEqual(["false", "false", "false", "true"]);
    for (const child of children) child.kill("SIGKILL");
  });
});
