import { execFile, spawn } from "node:child_process";
import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import * as published from "@pandastack/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readCodeBlocks } from "../../support/read-code-blocks.ts";
import { RunningSystem } from "../../support/running-system.ts";
import { LoopbackLauncher, MACHINE_SIZE, WEB_PORT } from "../../support/sdk/loopback-launcher.ts";

const run = promisify(execFile);

let launcher: LoopbackLauncher;
let system: RunningSystem;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "other-clients-"));
  launcher = await LoopbackLauncher.start("127.92");
  const { socketPath: launcherSocket } = launcher;
  system = await RunningSystem.start([{ host: "127.92.250.1", port: 9 }], { launcherSocket });
});

afterAll(async () => {
  await system?.stop();
  await launcher?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

describe("npm's @pandastack/sdk 0.9.0, unmodified", () => {
  test("creates, gets, lists, names previews, and kills", async () => {
    const { apiToken, api, previewSuffix } = system.description;
    const apiUrl = api.replace("api.localhost", "127.0.0.1");
    const client = new published.Client({ apiUrl, apiKey: apiToken });
    // As its documentation says for a deployment whose suffix does not follow from the API's name.
    (client as unknown as { previewHost: string }).previewHost = previewSuffix;
    const sandbox = await client.sandboxes.create({ template: "web" });
    expect(sandbox).toMatchObject({ template: "web", status: "running" });
    expect(sandbox.info, "what its documentation shows").toMatchObject(MACHINE_SIZE);
    expect((await client.sandboxes.get(sandbox.id)).info).toEqual(sandbox.info);
    expect((await client.sandboxes.list()).map(({ id }) => id)).toContain(sandbox.id);
    expect(sandbox.previewUrl(WEB_PORT, "http")).toBe(system.urlOf(sandbox.id, WEB_PORT));
    expect(await sandbox.previewUrls()).toEqual({
      [WEB_PORT]: `https://${WEB_PORT}-${sandbox.id}.${previewSuffix}`,
    });
    const response = await system.visit(`${sandbox.previewUrl(WEB_PORT, "http")}/a`);
    expect(await response.text()).toBe(`${WEB_PORT} /a`);
    await sandbox.kill();
    await expect(client.sandboxes.get(sandbox.id)).rejects.toBeInstanceOf(published.NotFoundError);
  });
});

describe("the Python SDK", () => {
  let wheel: string;

  beforeAll(async () => {
    const source = join(directory, "python");
    await cp("sdk/python", source, { recursive: true });
    const args = ["--no-isolation", "--outdir", join(directory, "dist")];
    await run("/usr/bin/pyproject-build", args, { cwd: source });
    const built = await readdir(join(directory, "dist"));
    expect(built.sort()).toEqual([
      "pandastack-preview-0.1.0.tar.gz",
      "pandastack_preview-0.1.0-py3-none-any.whl",
    ]);
    wheel = join(directory, "dist", "pandastack_preview-0.1.0-py3-none-any.whl");
  }, 60_000);

  test("says in its wheel that it is typed", async () => {
    const { stdout } = await run("/usr/bin/python3", ["-m", "zipfile", "-l", wheel]);
    expect(stdout).toContain("pandastack_preview/py.typed");
    expect(stdout).not.toContain("tests/");
  });

  test("runs each program of its README as it stands", async () => {
    const { api, apiToken } = system.description;
    const env = { PYTHONPATH: wheel, PANDASTACK_API_URL: api, PANDASTACK_API_KEY: apiToken };
    const programs = await readCodeBlocks("sdk/python/README.md", "python");
    const outputs: string[] = [];
    for (const program of programs) {
      const { stdout, stderr } = await run("/usr/bin/python3", ["-c", program.replaceAll("nextjs", "web")], {
        env,
      });
      expect(stderr).toBe("");
      outputs.push(stdout);
    }
    expect(outputs[0]).toMatch(/\nNo server listens on 8080, but on \[3000\]\n3000 is open\n$/);
    expect(outputs[1]).toBe("3000 True\n");
  });

  test("shares a port by examples/openai_agents_tool.py, with a stand-in of the framework", async () => {
    const created = await system.callApi("POST", "/v1/sandboxes", { template: "web" });
    const { id } = (await created.json()) as { id: string };
    // The framework's decorator reads the signature and the docstring; the package itself is not among Debian's.
    const framework = [
      "import inspect",
      "def function_tool(function):",
      "    assert all(name in function.__doc__ for name in inspect.signature(function).parameters)",
      "    return function",
    ];
    await writeFile(join(directory, "agents.py"), framework.join("\n"));
    const { api, apiToken } = system.description;
    const path = [wheel, directory, resolve("examples")].join(":");
    const program = `from openai_agents_tool import share_port
for port in (${WEB_PORT}, 4000): print(share_port("${id}", port))`;
    const { stdout } = await run("/usr/bin/python3", ["-c", program], {
      env: { PYTHONPATH: path, PANDASTACK_API_URL: api, PANDASTACK_API_KEY: apiToken },
    });
    const [link = "", refused] = stdout.split("\n");
    const [url = ""] = link.split(" until ");
    expect(await (await system.visit(`${url}/a`)).text()).toBe(`${WEB_PORT} /a`);
    expect(refused).toMatch(new RegExp(`Open ports: \\[${WEB_PORT}\\]$`));
  });

  test("passes the scenario from its wheel", async () => {
    const { api, apiToken } = system.description;
    const child = spawn(
      "/usr/bin/python3",
      [resolve("sdk/python/tests/scenario.py"), "web", String(WEB_PORT)],
      {
        env: { PYTHONPATH: wheel, PANDASTACK_API_URL: api, PANDASTACK_API_KEY: apiToken },
        stdio: ["pipe", "pipe", "pipe"],
        cwd: directory,
      },
    );
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      errors += text;
    });
    const closed = new Promise((done) => child.once("close", done));
    let result = "";
    for await (const line of createInterface(child.stdout)) {
      const [word, id = "", port] = line.split(" ");
      if (word !== "listen") result = line;
      else {
        await launcher.listen(id, Number(port));
        child.stdin.write("done\n");
      }
    }
    expect([await closed, errors]).toEqual([0, ""]);
    const { link, sandbox } = JSON.parse(result) as { link: string; sandbox: string };
    expect((await system.visit(`${link}/docs/b`)).status, "revoked").toBe(403);
    expect((await system.visit(system.urlOf(sandbox, WEB_PORT))).status, "ended").toBe(404);
  });
});
