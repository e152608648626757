import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDemo } from "../../../dev/demo/start-demo.ts";
import { DeployError } from "../../../dev/deploy/deploy-error.ts";
import { EdgeClient } from "../../../dev/deploy/smoke/edge-client.ts";
import type { SmokeStep, SmokeTarget } from "../../../dev/deploy/smoke/smoke-test.ts";
import { smokeTest } from "../../../dev/deploy/smoke/smoke-test.ts";
import { findFreePort } from "../../../dev/find-free-port.ts";
import { RunningSystem } from "../../support/running-system.ts";

const ENOUGH = { timeout: 20_000 };

/** One system for both: the last runbook removes its host. */

let system: RunningSystem;
let app: Awaited<ReturnType<typeof startDemo>>;
let checkout: string;
let runbooks: Map<string, string[]>;
let adminFunction: string;
const client = new EdgeClient("127.0.0.1");

beforeAll(async () => {
  runbooks = await readRunbooks();
  adminFunction = await readAdminFunction();
  checkout = await mkdtemp(join(tmpdir(), "runbooks-"));
  const port = await findFreePort();
  app = await startDemo("127.0.0.1", port);
  system = await RunningSystem.start([{ host: "127.0.0.1", port }], { defaultLimits: true });
  await mkdir(join(checkout, ".deploy"));
  await writeFile(join(checkout, ".deploy", "admin-token"), `${system.description.adminToken}\n`);
});
afterAll(async () => {
  await client.close();
  await system?.stop();
  app?.close();
  await rm(checkout, { recursive: true });
});

/** The `sh` blocks of each section below "Runbooks" in docs/operate.md, by its heading. */
async function readRunbooks(): Promise<Map<string, string[]>> {
  const [, chapter = ""] = (await readFile("docs/operate.md", "utf8")).split("\n## Runbooks\n");
  const [sections = ""] = chapter.split("\n## ");
  return new Map(
    sections
      .split("\n### ")
      .slice(1)
      .map((section) => [
        section.slice(0, section.indexOf("\n")),
        Array.from(section.matchAll(/\n```sh\n([^`]*)\n```/g), ([, block = ""]) => block),
      ]),
  );
}

/** The function `admin` of docs/deploy.md, which the runbooks call. */
async function readAdminFunction(): Promise<string> {
  const lines = (await readFile("docs/deploy.md", "utf8")).split("\n");
  return lines.find((line) => line.startsWith("admin() {")) ?? "echo docs/deploy.md has no admin >&2; exit 1";
}

/** Runs one block as it stands in the document. */
async function execute(heading: string, block = 0): Promise<string> {
  const script = runbooks.get(heading)?.[block] ?? `echo no block ${block} under ${heading} >&2; exit 1`;
  const { sandboxId, workspace, api } = system.description;
  const variables = {
    api: api.replace("api.localhost", "127.0.0.1"),
    sandbox: sandboxId,
    workspace,
    host: "local",
  };
  const { stdout } = await promisify(execFile)("sh", ["-euc", `${adminFunction}\n${script}`], {
    cwd: checkout,
    env: { ...process.env, ...variables },
  });
  return stdout;
}

async function visit(): Promise<string> {
  const response = await system.visit(system.description.previewUrl);
  return response.headers.get("preview-error") ?? String(response.status);
}

async function smoke(change: Partial<SmokeTarget> = {}): Promise<{ ok: boolean; steps: SmokeStep[] }> {
  const { api, adminToken, workspace } = system.description;
  const steps: SmokeStep[] = [];
  const target = { api, adminToken, workspace, webSocketPath: "/echo", webSocketProtocols: [], ...change };
  return { ok: await smokeTest(client, target, (step) => steps.push(step)), steps };
}

describe("smokeTest()", () => {
  test("shows each part of a system that serves, within the limit of 1 request/s and burst 10", async () => {
    const { ok, steps } = await smoke();
    expect(steps.filter((step) => !step.ok)).toEqual([]);
    expect(steps.map(({ name }) => name)).toEqual([
      "jwks",
      "heartbeat",
      "public URL",
      "WebSocket",
      "link",
      "revocation",
    ]);
    expect(ok).toBe(true);
  });

  test("leaves no API token behind", async () => {
    const path = `/v1/admin/workspaces/${system.description.workspace}/tokens`;
    const listed = await system.callApi("GET", path, undefined, system.description.adminToken);
    expect(await listed.text()).not.toContain("smoke test");
  });

  test("reports a WebSocket that the app does not accept, and goes on", async () => {
    const { ok, steps } = await smoke({ webSocketPath: "/none" });
    expect(ok).toBe(false);
    expect(steps.filter((step) => !step.ok).map(({ name }) => name)).toEqual(["WebSocket"]);
  });

  test.each([
    ["a workspace that does not exist", { workspace: "nobody" }, "nobody"],
    ["a sandbox that does not run", { sandboxId: "0f4bb8a1-0000-4000-8000-000000000000" }, "0f4bb8a1"],
    ["a wrong admin token", { adminToken: "pva_wrong" }, "401"],
  ])("names %s", async (_what, change, named) => {
    await expect(smoke(change)).rejects.toThrow(DeployError);
    await expect(smoke(change)).rejects.toThrow(named);
  });
});

describe("the runbook", () => {
  test("for a report of phishing takes a sandbox off the internet, and gives it back", async () => {
    await expect.poll(visit, ENOUGH).toBe("200");
    await execute("A report of phishing");
    await expect.poll(visit, ENOUGH).toBe("suspended");
    await execute("A report of phishing", 1);
    await expect.poll(visit, ENOUGH).toBe("200");
  });

  test("for a leaked admin token lists what was done, and the tokens that were made with it", async () => {
    const { adminToken, workspace } = system.description;
    await system.callApi(
      "POST",
      `/v1/admin/workspaces/${workspace}/tokens`,
      { name: "left by an intruder" },
      adminToken,
    );
    const shown = await execute("The admin token has leaked");
    expect(shown).toContain("left by an intruder");
    expect(shown).toContain('"kind":"admin"');
  });

  test("for a leaked host key makes a one-time token for another key", async () => {
    expect(JSON.parse(await execute("A host's key has leaked"))).toMatchObject({
      host: "local",
      token: expect.stringMatching(/^pve_/),
    });
  });

  test("for a lost host removes its sandboxes, and refuses its key", async () => {
    await execute("A host is lost");
    await expect.poll(visit, ENOUGH).toBe("sandbox_not_found");
    const { adminToken } = system.description;
    const known = await system.callApi("GET", "/v1/admin/hosts/local", undefined, adminToken);
    expect(known.status).toBe(404);
  });
});
