import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  credentialsPath,
  readCredentials,
  writeCredentials,
} from "../../../../../../sdk/typescript/src/cli/credentials/credentials-file.ts";
import { openClient } from "../../../../../../sdk/typescript/src/cli/credentials/open-client.ts";

const ACME = "https://api.acme.dev";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "credentials-"));
  vi.stubEnv("XDG_CONFIG_HOME", directory);
  vi.stubEnv("PANDASTACK_API_URL", "");
  vi.stubEnv("PANDASTACK_API_KEY", "");
  vi.stubEnv("DBUS_SESSION_BUS_ADDRESS", "");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true });
});

describe("writeCredentials()", () => {
  test("writes a file and a directory that only the owner reads, also over a file that others could read", async () => {
    const path = credentialsPath();
    await writeCredentials(path, { apis: {} });
    await writeFile(`${path}.${process.pid}`, "left over", { mode: 0o644 });
    await writeCredentials(path, { current: ACME, apis: { [ACME]: { token: "pvw_x" } } });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(path, ".."))).mode & 0o777).toBe(0o700);
    expect(await readCredentials(path)).toEqual({ current: ACME, apis: { [ACME]: { token: "pvw_x" } } });
  });

  test("readCredentials() names a file that is broken, without its content", async () => {
    const path = credentialsPath();
    await writeCredentials(path, { apis: {} });
    await writeFile(path, "pvw_secret{");
    const failed = readCredentials(path);
    await expect(failed).rejects.toThrow(`${path} is not valid JSON`);
    await expect(failed).rejects.not.toThrow(/pvw_secret/);
    expect(await readFile(path, "utf8")).toBe("pvw_secret{");
  });
});

describe("openClient()", () => {
  beforeEach(() =>
    writeCredentials(credentialsPath(), { current: ACME, apis: { [ACME]: { token: "pvw_x" } } }),
  );

  test("uses the API and the token of the last login", async () => {
    expect((await openClient({})).apiUrl).toBe(ACME);
  });

  test("never sends a stored token to another API", async () => {
    await expect(openClient({ apiUrl: "https://evil.test" })).rejects.toThrow(
      "No API token for https://evil.test. Run `pandastack-preview login`, or set PANDASTACK_API_KEY.",
    );
    vi.stubEnv("PANDASTACK_API_URL", "https://evil.test");
    await expect(openClient({})).rejects.toThrow(/No API token for https:\/\/evil.test/);
  });

  test("a token of the environment belongs to the environment's API, not to the stored one", async () => {
    vi.stubEnv("PANDASTACK_API_KEY", "pvw_y");
    expect((await openClient({})).apiUrl).toBe("https://api.pandastack.ai");
    expect((await openClient({ apiUrl: `${ACME}/` })).apiUrl).toBe(ACME);
  });
});
