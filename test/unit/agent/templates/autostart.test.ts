import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

/** Stands for the project's dev server: prints how it was started. */
const TOOL = `#!/bin/sh
echo "$$ $PWD $*"
`;

let app: string;

beforeEach(async () => {
  app = await realpath(await mkdtemp(join(tmpdir(), "template-")));
});

afterEach(() => rm(app, { recursive: true }));

async function runHook(template: string, env: Record<string, string>) {
  const hook = fileURLToPath(
    new URL(`../../../../agent/templates/${template}/autostart.sh`, import.meta.url),
  );
  const child = spawn(hook, { env: { PATH: process.env.PATH, APP_DIR: app, ...env } });
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit") as Promise<[number]>,
  ]);
  return { pid: child.pid, stdout, stderr, status };
}

describe.each([
  ["nextjs", "next", "dev --port 3000", "dev --port 4000"],
  ["vite-react", "vite", "--port 5173 --strictPort", "--port 4000 --strictPort"],
])("the %s template's hook", (template, tool, withoutPort, withPort) => {
  const install = async (): Promise<void> => {
    const path = join(app, "node_modules/.bin", tool);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, TOOL, { mode: 0o755 });
  };

  test("becomes the project's own dev server, in the project's folder", async () => {
    await install();
    const { pid, stdout, status } = await runHook(template, {});
    expect(stdout).toBe(`${pid} ${app} ${withoutPort}\n`);
    expect(status).toBe(0);
  });

  test("takes the port from PORT", async () => {
    await install();
    expect((await runHook(template, { PORT: "4000" })).stdout).toMatch(new RegExp(` ${withPort}\n$`));
  });

  test("fails where the project is not installed, or not there, so that it is started again", async () => {
    const bare = await runHook(template, {});
    expect(bare.status).not.toBe(0);
    expect(bare.stderr).toContain(tool);
    const absent = await runHook(template, { APP_DIR: join(app, "absent") });
    expect(absent.status).not.toBe(0);
    expect(absent.stderr).toContain("absent");
  });
});
