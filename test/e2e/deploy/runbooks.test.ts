import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDemo } from "../../../dev/demo/start-demo.ts";
import { findFreePort } from "../../../dev/find-free-port.ts";
import { RunningSystem } from "../../support/running-system.ts";

const run = promisify(execFile);

let system: RunningSystem;
let app: Awaited<ReturnType<typeof startDemo>>;
let runbooks: Map<string, string[]>;

beforeAll(async () => {
  runbooks = await readRunbooks();
  const port = await findFreePort();
  app = await startDemo("127.0.0.1", port);
  system = await RunningSystem.start([{ host: "127.0.0.1", port }]);
});
afterAll(async () => {
  await system?.stop();
  app?.close();
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

/** Runs one block as it stands in the document. */
async function execute(heading: string, block = 0): Promise<string> {
  const script = runbooks.get(heading)?.[block] ?? `echo no block ${block} under ${heading} >&2; exit 1`;
  const { adminToken, sandboxId, workspace, api } = system.description;
  const variables = {
    api: api.replace("api.localhost", "127.0.0.1"),
    auth: `authorization: Bearer ${adminToken}`,
    sandbox: sandboxId,
    workspace,
    host: "local",
  };
  const { stdout } = await run("sh", ["-euc", script], { env: { ...process.env, ...variables } });
  return stdout;
}

async function visit(): Promise<string> {
  const response = await system.visit(system.description.previewUrl);
  return response.headers.get("preview-error") ?? String(response.status);
}

describe("the runbook", () => {
  test("for a report of phishing takes a sandbox off the internet, and gives it back", async () => {
    expect(await visit()).toBe("200");
    await execute("A report of phishing");
    await expect.poll(visit, { timeout: 20_000 }).toBe("suspended");
    await execute("A report of phishing", 1);
    await expect.poll(visit, { timeout: 20_000 }).toBe("200");
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
    await expect.poll(visit, { timeout: 20_000 }).toBe("sandbox_not_found");
    const { adminToken } = system.description;
    const known = await system.callApi("GET", "/v1/admin/hosts/local", undefined, adminToken);
    expect(known.status).toBe(404);
  });
});
