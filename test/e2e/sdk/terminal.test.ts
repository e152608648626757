import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RunningSystem } from "../../support/running-system.ts";
import { LoopbackLauncher, WEB_PORT } from "../../support/sdk/loopback-launcher.ts";
import { PackedSdk } from "../../support/sdk/pack-typescript-sdk.ts";
import { RecordingPrograms } from "../../support/sdk/recording-programs.ts";

const COMMAND = "node_modules/.bin/pandastack-preview";

let launcher: LoopbackLauncher;
let system: RunningSystem;
let sdk: PackedSdk;
let id: string;

beforeAll(async () => {
  launcher = await LoopbackLauncher.start("127.94");
  const { socketPath: launcherSocket } = launcher;
  const guests = [{ host: "127.94.250.1", port: 9 }];
  [system, sdk] = await Promise.all([RunningSystem.start(guests, { launcherSocket }), PackedSdk.install()]);
  const created = await system.callApi("POST", "/v1/sandboxes", { template: "web" });
  id = ((await created.json()) as { id: string }).id;
}, 120_000);

afterAll(async () => {
  await system?.stop();
  await launcher?.[Symbol.asyncDispose]();
  await sdk?.[Symbol.asyncDispose]();
});

/** Runs `login` on a terminal, where a person types when asked. */
async function login(typed: string): Promise<{ code: number; screen: string }> {
  const script = resolve("test/support/sdk/run-on-terminal.py");
  const steps = JSON.stringify([["API token for ", typed]]);
  const args = [script, steps, COMMAND, "login", "--api-url", system.description.api];
  const ended = await sdk.execute("/usr/bin/python3", args);
  expect(ended).toMatchObject({ code: 0, stderr: "" });
  return JSON.parse(ended.stdout);
}

describe("login on a terminal", () => {
  const pathOf = (): string => join(sdk.directory, ".config/pandastack/preview.json");

  test("shows nothing of the token, and makes a file that others could read its owner's only", async () => {
    const { apiToken } = system.description;
    await mkdir(dirname(pathOf()), { recursive: true });
    await writeFile(pathOf(), '{"apis":{}}');
    await chmod(pathOf(), 0o644);
    const { code, screen } = await login(`${apiToken}\r`);
    expect({ code, screen }).toMatchObject({ code: 0, screen: expect.stringContaining("is stored in") });
    expect(screen).not.toContain(apiToken.slice(0, 8));
    expect((await stat(pathOf())).mode & 0o777).toBe(0o600);
    expect(await readFile(pathOf(), "utf8")).toContain(apiToken);
    expect(await sdk.execute(COMMAND, ["list"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(id),
    });
    expect(await sdk.execute(COMMAND, ["logout"])).toMatchObject({ code: 0 });
  });

  test.each([
    ["Ctrl-C", "\x03", 130, ""],
    ["Ctrl-D", "\x04", 2, "token must be typed"],
    ["an empty line", "\r", 2, "token must be"],
  ])("ends by %s with its exit code", async (_what, typed, code, message) => {
    const ended = await login(typed);
    expect(ended).toMatchObject({ code, screen: expect.stringContaining(message) });
    expect(ended.screen, "no warning of Node").not.toMatch(/Warning|unsettled/);
  });
});

describe("the desktop's programs", () => {
  test("login stores the token in the keyring, and no argument or file contains it", async () => {
    const { api, apiToken } = system.description;
    await using programs = await RecordingPrograms.create({ "secret-tool": { output: apiToken } });
    const environment = { PATH: programs.path, DBUS_SESSION_BUS_ADDRESS: "unix:path=/nowhere" };
    const stored = await sdk.execute(COMMAND, ["login", "--api-url", api], {
      environment,
      input: `${apiToken}\n`,
    });
    expect(stored).toMatchObject({ code: 0, stdout: expect.stringContaining("the system's keyring") });
    const path = join(sdk.directory, ".config/pandastack/preview.json");
    expect(await readFile(path, "utf8")).not.toContain(apiToken);
    expect(await sdk.execute(COMMAND, ["list"], { environment })).toMatchObject({ code: 0 });
    expect(await sdk.execute(COMMAND, ["logout"], { environment })).toMatchObject({ code: 0 });
    const runs = await programs.runs();
    expect(runs.map(({ args, input }) => [args[0], input])).toEqual([
      ["store", apiToken],
      ["lookup", ""],
      ["clear", ""],
    ]);
    expect(JSON.stringify(runs.map(({ args }) => args))).not.toContain(apiToken);
  });

  test("share --copy --open gives them the link, and ends while the browser runs", async () => {
    const { api, apiToken } = system.description;
    await using programs = await RecordingPrograms.create({ "wl-copy": {}, "xdg-open": { stays: true } });
    const environment = {
      PATH: programs.path,
      PANDASTACK_API_URL: api,
      PANDASTACK_API_KEY: apiToken,
    };
    const args = ["share", id, String(WEB_PORT), "--copy", "--open"];
    const ended = await sdk.execute(COMMAND, args, { environment });
    expect(ended).toMatchObject({ code: 0, stderr: expect.stringMatching(/Copied\.\n$/) });
    const url = ended.stdout.trim();
    await expect
      .poll(() => programs.runs())
      .toEqual([
        { name: "wl-copy", args: [], input: url, parent: "node" },
        { name: "xdg-open", args: [url], input: "", parent: "node" },
      ]);
  });
});
