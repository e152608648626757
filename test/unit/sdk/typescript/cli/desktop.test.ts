import { afterEach, expect, test, vi } from "vitest";
import { keyring } from "../../../../../sdk/typescript/src/cli/credentials/keyring.ts";
import { copyText, openUrl } from "../../../../../sdk/typescript/src/cli/desktop.ts";
import type { ProgramBehaviour } from "../../../../support/sdk/recording-programs.ts";
import { RecordingPrograms } from "../../../../support/sdk/recording-programs.ts";

/** Would be a command in any shell. */
const HOSTILE = "http://127.0.0.1/$(exit 1)`exit 1`;exit 1|\"'&";
const TOKEN = "pvo_secret$(exit 1)";

/** Makes these programs the only ones on PATH. */
async function install(programs: Record<string, ProgramBehaviour>): Promise<RecordingPrograms> {
  const recording = await RecordingPrograms.create(programs);
  vi.stubEnv("PATH", recording.directory);
  return recording;
}

afterEach(() => {
  vi.unstubAllEnvs();
});

test("copyText() gives the text to the first program that takes it, on its standard input, without a shell", async () => {
  await using programs = await install({ "wl-copy": { exitCode: 1 }, xclip: {}, xsel: {} });
  expect(await copyText(HOSTILE)).toBe(true);
  expect(await programs.runs()).toEqual([
    { name: "wl-copy", args: [], input: HOSTILE, parent: "node" },
    { name: "xclip", args: ["-selection", "clipboard"], input: HOSTILE, parent: "node" },
  ]);
});

test("copyText() and openUrl() say that there is no program", async () => {
  await using _programs = await install({});
  expect([await copyText("a"), await openUrl("http://a")]).toEqual([false, false]);
});

test("openUrl() gives the URL as one argument, without a shell", async () => {
  await using programs = await install({ "xdg-open": {} });
  expect(await openUrl(HOSTILE)).toBe(true);
  expect(await programs.runs()).toEqual([{ name: "xdg-open", args: [HOSTILE], input: "", parent: "node" }]);
});

test("openUrl() reports a program that fails", async () => {
  await using _programs = await install({ "xdg-open": { exitCode: 3 } });
  expect(await openUrl("http://a")).toBe(false);
});

test("keyring has the token on standard input only, and finds and removes it by the API's URL", async () => {
  await using programs = await install({ "secret-tool": { output: `${TOKEN}\n` } });
  vi.stubEnv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
  expect(await keyring.store(HOSTILE, TOKEN)).toBe(true);
  expect(await keyring.find(HOSTILE)).toBe(TOKEN);
  await keyring.remove(HOSTILE);
  const attributes = ["service", "pandastack-preview", "account", HOSTILE];
  const label = `PandaStack preview URLs (${HOSTILE})`;
  expect(await programs.runs()).toEqual([
    { name: "secret-tool", args: ["store", "--label", label, ...attributes], input: TOKEN, parent: "node" },
    { name: "secret-tool", args: ["lookup", ...attributes], input: "", parent: "node" },
    { name: "secret-tool", args: ["clear", ...attributes], input: "", parent: "node" },
  ]);
});

test("keyring.store() reports a keyring that is missing, locked or without a session", async () => {
  await using programs = await install({ "secret-tool": { exitCode: 1 } });
  vi.stubEnv("DBUS_SESSION_BUS_ADDRESS", "");
  expect(await keyring.store("http://a", TOKEN)).toBe(false);
  expect(await programs.runs()).toEqual([]);
  vi.stubEnv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
  expect(await keyring.store("http://a", TOKEN)).toBe(false);
  vi.stubEnv("PATH", "/nowhere");
  expect(await keyring.store("http://a", TOKEN)).toBe(false);
});
