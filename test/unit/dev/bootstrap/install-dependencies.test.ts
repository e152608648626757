import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

const MODULE = resolve("dev/bootstrap/install-dependencies.mjs");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "install dependencies "));
  writeFileSync(join(folder, "package-lock.json"), "{}");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Installs with a program in npm's place. */
function install(npm: string): ChildProcess {
  writeFileSync(join(folder, "npm"), `#!/bin/sh\n${npm}\n`, { mode: 0o755 });
  const code = `import { installDependencies } from ${JSON.stringify(MODULE)};
    process.on("SIGTERM", () => process.exit(1));
    await installDependencies(${JSON.stringify(folder)}, "/bin/sh").catch((error) => {
      console.error(error.name, error.message);
      process.exitCode = 3;
    });`;
  return spawn(process.execPath, ["--input-type=module", "-e", code], {
    env: { PATH: `${folder}:/usr/bin:/bin` },
    stdio: ["ignore", "ignore", "pipe"],
  });
}

describe("installDependencies()", () => {
  test("ends npm, which ignores SIGTERM, with what it has started, and gives the lock back", async () => {
    const child = install("trap '' TERM; sleep 300 & echo $! > sleeps; wait; wait");
    await vi.waitFor(() => expect(readFileSync(join(folder, "sleeps"), "utf8")).toMatch(/\n/), 10_000);
    const pid = Number(readFileSync(join(folder, "sleeps"), "utf8"));
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([1, null]);
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), 10_000);
    expect(existsSync(join(folder, ".preview", "install.lock"))).toBe(false);
  });

  test("installs once for two that start at the same time, and says so when npm fails", async () => {
    const packages = "'{\"packages\":{}}' > node_modules/.package-lock.json";
    const npm = `echo one >> runs; sleep 0.5; mkdir node_modules && echo ${packages}`;
    const both = [install(npm), install(npm)].map((child) => once(child, "exit"));
    expect(await Promise.all(both)).toEqual([
      [0, null],
      [0, null],
    ]);
    expect(readFileSync(join(folder, "runs"), "utf8")).toBe("one\n");
    rmSync(join(folder, "node_modules"), { recursive: true });
    const failing = install("exit 7");
    let output = "";
    failing.stderr?.on("data", (text) => {
      output += text;
    });
    expect(await once(failing, "close")).toEqual([3, null]);
    expect(output).toContain("SetUpError npm ci ended with 7");
  });
});

function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
