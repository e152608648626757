import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { describeLack } from "../../../dev/start/requirements/prepare-microvm.ts";
import { findMissingFiles, installPackages, SystemPackagesError } from "../../../dev/system-packages.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "system-packages-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("findMissingFiles()", () => {
  test("finds programs on the PATH and in the system's folders, and files by their path", () => {
    writeFileSync(join(folder, "made-up-program"), "");
    const here = ["made-up-program", "a"] as const;
    const gone = ["made-up-missing", "b"] as const;
    const file = [join(folder, "no-file"), "c"] as const;
    expect(findMissingFiles([here, gone, file, ["ip", "iproute2"]], folder)).toEqual([gone, file]);
  });
});

describe("describeLack()", () => {
  test("names root, each missing program and its package", () => {
    const missing = [["qemu-system-x86_64", "qemu-system-x86"] as const, ["iptables", "iptables"] as const];
    expect(describeLack(missing, false)).toMatch(
      /sudo .*\n.*qemu-system-x86_64: .*qemu-system-x86\n.*iptables/,
    );
    expect(describeLack(missing, true)).not.toContain("sudo");
  });
});

describe("installPackages()", () => {
  test("asks apt-get for the packages, and says how to try again where it fails", () => {
    const calls = join(folder, "calls");
    const program = join(folder, "apt-get");
    writeFileSync(
      program,
      `#!/bin/sh\necho "$@" >> ${calls}\n[ "$1" = update ] || [ ! -e ${folder}/fails ]\n`,
    );
    chmodSync(program, 0o755);
    vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
    installPackages(["qemu-system-x86", "iptables"]);
    expect(readFileSync(calls, "utf8").split("\n")[1]).toMatch(/^install -y .*qemu-system-x86 iptables$/);
    writeFileSync(join(folder, "fails"), "");
    expect(() => installPackages(["iptables"])).toThrow(SystemPackagesError);
    expect(() => installPackages(["iptables"])).toThrow("apt-get install iptables");
    vi.unstubAllEnvs();
  });
});
