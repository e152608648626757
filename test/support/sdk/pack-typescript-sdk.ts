import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildTypescriptSdk } from "../../../dev/sdk/build-typescript.ts";

const run = promisify(execFile);

/** A project of a user, in which the packed SDK is installed, with a home directory of its own. */
export class PackedSdk implements AsyncDisposable {
  readonly directory: string;
  /** Of the tarball. */
  readonly files: readonly string[];

  static async install(): Promise<PackedSdk> {
    const directory = await mkdtemp(join(tmpdir(), "packed-sdk-"));
    // Test files that run at the same time each build their own.
    const source = join(directory, "source");
    await mkdir(source);
    for (const name of ["package.json", "README.md"])
      await copyFile(join("sdk/typescript", name), join(source, name));
    await buildTypescriptSdk(source);
    const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", directory], { cwd: source });
    const [tarball] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
    await writeFile(join(directory, "package.json"), JSON.stringify({ private: true, type: "module" }));
    // Offline: the package has no dependencies.
    await run("npm", ["install", "--offline", "--no-audit", "--no-fund", join(directory, tarball.filename)], {
      cwd: directory,
    });
    return new PackedSdk(
      directory,
      tarball.files.map(({ path }) => path),
    );
  }

  private constructor(directory: string, files: readonly string[]) {
    this.directory = directory;
    this.files = files;
  }

  /** Only what a user's shell has: no token of another test. */
  environment(more: Record<string, string> = {}): Record<string, string> {
    return { PATH: process.env.PATH ?? "", HOME: this.directory, ...more };
  }

  /** Runs a command in the project. @returns its exit code and what it has written */
  execute(
    command: string,
    args: readonly string[],
    { environment = {}, input = "" }: { environment?: Record<string, string>; input?: string } = {},
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      const options = { cwd: this.directory, env: this.environment(environment) };
      const child = execFile(command, args, options, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
      child.stdin?.end(input);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true });
  }
}
