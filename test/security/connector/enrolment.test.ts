import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createEnrolment } from "../../../dev/start/edge-api/create-enrolment.ts";
import { NODE_BINARY } from "../../../lab/node-binary.ts";
import type { GuestApp } from "../../support/guest-app.ts";
import { startGuestApp } from "../../support/guest-app.ts";
import { RunningSystem } from "../../support/running-system.ts";

const COMMAND = fileURLToPath(new URL("../../../connector/main.ts", import.meta.url));
const HOST_ID = "another";

let app: GuestApp;
let system: RunningSystem;
let api: string;
let directory: string;

beforeAll(async () => {
  app = await startGuestApp("127.78.10.1", 3000);
  system = await RunningSystem.start([app]);
  api = system.description.api.replace("api.localhost", "127.0.0.1");
});

afterAll(async () => {
  await system?.stop();
  await app?.close();
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "enrolment-"));
});

afterEach(() => rm(directory, { recursive: true }));

/** Runs `connector enroll` as an operator does. @returns what it has printed, to both streams */
async function enroll(token: string, options: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const tokenFile = join(directory, "token");
  await writeFile(tokenFile, `${token}\n`, { mode: 0o600 });
  const places = [
    "--state",
    directory,
    "--control",
    join(directory, "control.sock"),
    "--config",
    configFile(),
  ];
  const origin = ["--origin", "http://127.0.0.1:9", "--listen-port", "9", "--host", HOST_ID, "--api", api];
  const args = [COMMAND, "enroll", "--token-file", tokenFile, ...origin, ...places, ...options];
  const ended = await promisify(execFile)(NODE_BINARY, args, { env: { ...process.env, ...env } }).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  return ended.stdout + ended.stderr;
}

function configFile(): string {
  return join(directory, "config.json");
}

function createToken(host = HOST_ID): Promise<string> {
  return createEnrolment(api, system.description.adminToken, host);
}

describe("3.5: connector enroll", () => {
  test("takes a one-time token from a file: once, for its own host, and with --replace for another key", async () => {
    const token = await createToken();
    expect(await enroll(token)).toBe(`enrolled as ${HOST_ID}; wrote ${configFile()}\n`);
    expect(JSON.parse(await readFile(configFile(), "utf8"))).toMatchObject({ hostId: HOST_ID });
    expect(await enroll(token), "used up").toMatch(/^preview-connector: the edge answered 401/);
    expect(await enroll(await createToken()), "the same key again").toMatch(/^enrolled/);

    await rm(join(directory, "host-key.json"));
    const second = await createToken();
    expect(await enroll(second)).toMatch(/the edge answered 409: .*is enrolled already, with another key/);
    expect(await enroll(second, ["--replace"]), "a refused call has not used it up").toMatch(/^enrolled/);
  });

  test("is refused with a token for another host, and with the admin's token", async () => {
    for (const token of [await createToken("a-third"), system.description.adminToken])
      expect(await enroll(token)).toMatch(/^preview-connector: the edge answered 401/);
    await expect(readFile(configFile())).rejects.toThrow("ENOENT");
  });

  test("takes no secret on its command line, nor from its environment", async () => {
    const { adminToken } = system.description;
    expect(await enroll("pve_wrong", ["--admin-token", adminToken])).toMatch(
      /unknown option '--admin-token'/,
    );
    expect(await enroll("pve_wrong", [], { PREVIEW_ADMIN_TOKEN: adminToken })).toMatch(
      /the edge answered 401/,
    );
  });

  test("uses no token up where the configuration cannot be written", async () => {
    const token = await createToken();
    const nowhere = join(directory, "token", "config.json");
    await writeFile(join(directory, "token"), "");
    expect(await enroll(token, ["--config", nowhere])).toMatch(
      /^preview-connector: cannot write .*config\.json: /,
    );
    expect(await enroll(token, ["--replace"])).toMatch(/^enrolled/);
  });
});
