import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client as Agent } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readCodeBlocks } from "../../support/read-code-blocks.ts";
import { RunningSystem } from "../../support/running-system.ts";
import { LoopbackLauncher, WEB_PORT } from "../../support/sdk/loopback-launcher.ts";
import { PackedSdk } from "../../support/sdk/pack-typescript-sdk.ts";
import { readWorkflowScript } from "../../support/sdk/read-workflow-script.ts";

let launcher: LoopbackLauncher;
let system: RunningSystem;
let sdk: PackedSdk;
let id: string;

beforeAll(async () => {
  launcher = await LoopbackLauncher.start("127.91");
  const { socketPath: launcherSocket } = launcher;
  const guests = [{ host: "127.91.250.1", port: 9 }];
  [system, sdk] = await Promise.all([RunningSystem.start(guests, { launcherSocket }), PackedSdk.install()]);
  const created = await system.callApi("POST", "/v1/sandboxes", { template: "web" });
  id = ((await created.json()) as { id: string }).id;
}, 120_000);

afterAll(async () => {
  await system?.stop();
  await launcher?.[Symbol.asyncDispose]();
  await sdk?.[Symbol.asyncDispose]();
});

const COMMAND = "node_modules/.bin/pandastack-preview";

function environment(): Record<string, string> {
  const { api, apiToken } = system.description;
  return { PANDASTACK_API_URL: api, PANDASTACK_API_KEY: apiToken };
}

/** Runs the command line with the system's API and token. */
function run(...args: string[]) {
  return sdk.execute(COMMAND, args, { environment: environment() });
}

describe("the packed tarball", () => {
  test("has what is published, and no source or test", async () => {
    expect(sdk.files).toContain("dist/index.d.ts");
    expect(sdk.files).toContain("LICENSE");
    expect(sdk.files.filter((path) => /\.test\.|^src\/|tsconfig/.test(path))).toEqual([]);
    const path = join(sdk.directory, "node_modules/pandastack-preview/package.json");
    expect(JSON.parse(await readFile(path, "utf8")).dependencies).toBeUndefined();
  });

  test("is a library that a program imports", async () => {
    const program = `import { Client } from "pandastack-preview";
      console.log(new Client().sandboxes.ref("1a2b3c4d").previewUrl(3000));`;
    await writeFile(join(sdk.directory, "program.js"), program);
    expect(await sdk.execute("node", ["program.js"])).toMatchObject({
      code: 0,
      stdout: "https://3000-1a2b3c4d.pandastack.ai\n",
    });
  });
});

describe("sdk/typescript/README.md", () => {
  /** The documentation's template is not one of this launcher's. */
  const withTemplate = (example: string): string => example.replaceAll("nextjs", "web");
  const path = "sdk/typescript/README.md";

  test("each program runs as it stands", async () => {
    const programs = await readCodeBlocks(path, "js");
    expect(programs).toHaveLength(3);
    const outputs: string[] = [];
    for (const program of programs) {
      await writeFile(join(sdk.directory, "example.js"), withTemplate(program));
      const { code, stdout, stderr } = await sdk.execute("node", ["example.js"], {
        environment: environment(),
      });
      expect([code, stderr]).toEqual([0, ""]);
      outputs.push(stdout);
    }
    expect(outputs[0]).toMatch(/^http:\/\/3000-.*\nhttp:\/\/[a-z2-7]{63}\.preview/);
    expect(outputs.slice(1)).toEqual(["3000 is open\n", "No server listens on 8080, but on [ 3000 ]\n"]);
  });

  test("the commands of README and recipes run as they stand", async () => {
    const [commands = ""] = await readCodeBlocks(path, "sh");
    const recipes = await readCodeBlocks("docs/recipes.md", "sh");
    expect(recipes).toHaveLength(3);
    const [first, ...last] = withTemplate(commands).split("\n");
    const script = ["set -e", first, ...recipes, ...last].join("\n");
    const bin = join(sdk.directory, "node_modules/.bin");
    const more = { ...environment(), PATH: `${bin}:${process.env.PATH}` };
    const { code, stdout, stderr } = await sdk.execute("bash", ["-c", script], { environment: more });
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("Opens port 3000") });
    expect(stdout.match(/^http:\/\/[a-z2-7]{63}\./gm)).toHaveLength(4);
    expect(stdout).toMatch(/Ended\.\n$/);
  });
});

describe("examples/pull-request-preview.yml", () => {
  test("is a workflow whose steps comment a link that opens", async () => {
    const script = await readWorkflowScript("examples/pull-request-preview.yml");
    const bin = join(sdk.directory, "workflow-bin");
    await mkdir(bin);
    await writeFile(join(bin, "gh"), '#!/bin/sh\nfor last; do :; done\necho "$1 $2 $3: $last"\n', {
      mode: 0o755,
    });
    const { code, stdout } = await sdk.execute("bash", ["-ec", script.replace("nextjs", "web")], {
      environment: {
        ...environment(),
        PATH: `${bin}:${process.env.PATH}`,
        REPOSITORY: "example/app",
        NUMBER: "7",
        npm_config_offline: "true",
      },
    });
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^pr comment 7: Preview/),
    });
    const [url = ""] = /http:\S+/.exec(stdout) ?? [];
    expect(await (await system.visit(`${url}/a`)).text()).toBe(`${WEB_PORT} /a`);
  });
});

describe("pandastack-preview", () => {
  test("is found by npx", async () => {
    const args = ["--offline", "pandastack-preview", "share", id, String(WEB_PORT)];
    const { code, stdout } = await sdk.execute("npx", args, { environment: environment() });
    expect(code).toBe(0);
    expect(await (await system.visit(`${stdout.trim()}/a`)).text()).toBe(`${WEB_PORT} /a`);
  });

  test("share prints only the link on standard output, which opens the port", async () => {
    const { code, stdout, stderr } = await run(
      "share",
      id,
      String(WEB_PORT),
      "--ttl",
      "1h",
      "--verify",
      "--qr",
    );
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("Opens port 3000 until"),
    });
    expect(stderr).toMatch(/[▀▄█]{5}/);
    expect(stdout).toMatch(/^http:\/\/[a-z2-7]{63}\.preview\.localhost:\d+\n$/);
    expect(await (await system.visit(`${stdout.trim()}/a`)).text()).toBe(`${WEB_PORT} /a`);
    const revoked = await run("revoke", id, stdout.trim());
    expect(revoked).toMatchObject({ code: 0, stdout: "Revoked.\n" });
    await expect.poll(async () => (await system.visit(stdout.trim())).status).toBe(403);
  });

  test("share --json prints what the API has answered", async () => {
    const { stdout, stderr } = await run("share", id, String(WEB_PORT), "--path", "/docs", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ sandbox_id: id, port: WEB_PORT, paths: ["/docs"] });
    expect(stderr).toBe("");
  });

  test("list and ports show the sandbox, without colours in a pipe", async () => {
    const list = await run("list");
    expect(list.stdout).toMatch(new RegExp(`^ID +TEMPLATE[^]*${id}  web +running`));
    const ports = await run("ports", id);
    expect(ports.stdout).toBe(`${WEB_PORT}  ${system.urlOf(id, WEB_PORT)}\n`);
    expect(`${list.stdout}${ports.stdout}`).not.toContain("\x1b");
  });

  test("access sets who reaches a port", async () => {
    const set = await run("access", id, String(WEB_PORT), "private");
    expect(set).toMatchObject({ code: 0, stdout: "Port 3000 is private now.\n" });
    await expect.poll(async () => (await system.visit(system.urlOf(id, WEB_PORT))).status).toBe(404);
    expect(await run("access", id, String(WEB_PORT), "public", "--json")).toMatchObject({ code: 0 });
    await expect.poll(async () => (await system.visit(system.urlOf(id, WEB_PORT))).status).toBe(200);
    expect(await run("access", id, String(WEB_PORT), "open")).toMatchObject({ code: 2 });
  });

  test("limits shows and sets an org's limit", async () => {
    const { org } = system.description;
    const pages = await run(
      "limits",
      org,
      "--per-second",
      "70",
      "--burst",
      "900",
      "--page-requests",
      "123",
      "--json",
    );
    expect(JSON.parse(pages.stdout)).toMatchObject({ per_second: 70, page_requests: 123 });
    const set = await run("limits", org, "--per-second", "77", "--burst", "900", "--json");
    expect(JSON.parse(set.stdout)).toMatchObject({ org, per_second: 77, burst: 900, page_requests: 123 });
    const shown = await run("limits", org);
    expect(shown.stdout).toMatch(/^77 requests a second, 900 at once/);
  });

  test.each([
    ["an unknown command", ["shar"], 2, /Did you mean share/],
    ["a port that is none", ["share", "x", "70000"], 2, /port must be a whole number from 1 to 65535/],
    ["a ttl that is none", ["share", "x", "80", "--ttl", "soon"], 2, /must be a duration like 90s/],
    ["a ttl that is too long", ["share", "x", "80", "--ttl", "8d"], 2, /from 1 to 604800, not 691200/],
    ["a sandbox that does not exist", ["share", crypto.randomUUID(), "80"], 4, /no running sandbox/],
    ["an id that is none", ["ports", "a/b"], 2, /id must be a sandbox's id/],
    ["an API that is not there", ["list", "--api-url", "http://127.0.0.1:9"], 6, /could not be reached/],
  ])("%s ends with a sentence and its exit code", async (_what, args, code, message) => {
    const ended = await run(...args);
    expect(ended).toMatchObject({ code, stdout: "", stderr: expect.stringMatching(message) });
    expect(ended.stderr, "no stack").not.toMatch(/^\s+at /m);
    expect(ended.stderr).not.toContain(system.description.apiToken);
  });

  test("a closed port ends with 5, and names the open ones", async () => {
    const closed = await run("share", id, "4000", "--verify");
    expect(closed).toMatchObject({
      code: 5,
      stdout: "",
      stderr: expect.stringContaining("Open ports: 3000"),
    });
    const json = await run("share", id, "4000", "--wait", "1s", "--json");
    expect(json.code).toBe(5);
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: "timeout", open_ports: [WEB_PORT] } });
  });

  test("login reads the token from standard input, stores it for its owner only, and logout forgets it", async () => {
    const { api, apiToken } = system.description;
    const cli = (args: string[], input = "") => sdk.execute(COMMAND, args, { input });
    const wrong = await cli(["login", "--api-url", api], `pvw_${"x".repeat(30)}\n`);
    expect(wrong).toMatchObject({ code: 3, stdout: "" });
    const stored = await cli(["login", "--api-url", api], `${apiToken}\n`);
    expect(stored).toMatchObject({ code: 0, stdout: expect.stringContaining("is stored in") });
    expect(stored.stdout + stored.stderr).not.toContain(apiToken);
    const path = join(sdk.directory, ".config/pandastack/preview.json");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await cli(["list"])).toMatchObject({ code: 0, stdout: expect.stringContaining(id) });
    expect(await cli(["logout"])).toMatchObject({ code: 0 });
    expect(await cli(["list", "--api-url", api])).toMatchObject({ code: 3 });
  });
});

interface ToolAnswer {
  readonly isError?: boolean;
  readonly content: readonly { readonly text: string }[];
}

/** Connects an agent to `pandastack-preview mcp`. */
async function connectAgent(): Promise<Agent> {
  const agent = new Agent({ name: "test", version: "1" });
  const server = {
    command: join(sdk.directory, COMMAND),
    args: ["mcp"],
    env: sdk.environment(environment()),
  };
  await agent.connect(new StdioClientTransport(server));
  return agent;
}

describe("pandastack-preview mcp", () => {
  let agent: Agent;

  beforeAll(async () => {
    agent = await connectAgent();
  });

  afterAll(() => agent?.close());

  async function call(
    name: string,
    args: Record<string, unknown>,
  ): Promise<{ failed: boolean; text: string }> {
    const { isError = false, content } = (await agent.callTool({ name, arguments: args })) as ToolAnswer;
    return { failed: isError, text: content[0]?.text ?? "" };
  }

  test("describes each tool and each of its arguments", async () => {
    const { tools } = await agent.listTools();
    expect(tools.map(({ name }) => name).sort()).toEqual([
      "list_ports",
      "list_sandboxes",
      "revoke_link",
      "set_port_access",
      "share_port",
      "wait_for_port",
    ]);
    for (const { description = "", inputSchema } of tools) {
      expect(description.length).toBeGreaterThan(50);
      expect(inputSchema.type).toBe("object");
    }
  });

  test("list_sandboxes, list_ports, wait_for_port, share_port and revoke_link do so", async () => {
    const sandboxes = JSON.parse((await call("list_sandboxes", {})).text) as { id: string }[];
    expect(sandboxes.map((sandbox) => sandbox.id)).toContain(id);
    const ports = JSON.parse((await call("list_ports", { sandbox: id })).text);
    expect(ports).toEqual([{ port: WEB_PORT, url: system.urlOf(id, WEB_PORT) }]);
    expect(await call("wait_for_port", { sandbox: id, port: WEB_PORT })).toMatchObject({ failed: false });
    for (const access of ["private", "public"]) {
      const set = await call("set_port_access", { sandbox: id, port: WEB_PORT, access });
      expect(set).toEqual({ failed: false, text: JSON.stringify({ port: WEB_PORT, access }) });
    }
    const link = JSON.parse(
      (await call("share_port", { sandbox: id, port: WEB_PORT, paths: ["/docs"] })).text,
    );
    expect(await (await system.visit(`${link.url}/docs`)).text()).toBe(`${WEB_PORT} /docs`);
    expect(await call("revoke_link", { sandbox: id, token: link.token })).toMatchObject({ failed: false });
    await expect.poll(async () => (await system.visit(`${link.url}/docs`)).status).toBe(403);
  });

  test("a failure is a sentence that an agent can act on", async () => {
    expect(await call("share_port", { sandbox: id, port: 4000 })).toEqual({
      failed: true,
      text: "The sandbox is running, but no server listens on this port. Open ports: 3000.",
    });
    expect(await call("wait_for_port", { sandbox: id, port: 4000, timeout_seconds: 1 })).toEqual({
      failed: true,
      text: "No server listens on port 4000 after 1000 ms. Open ports: 3000.",
    });
    expect(await call("share_port", { sandbox: id, port: 70_000 })).toMatchObject({ failed: true });
    const unknown = await call("list_ports", { sandbox: crypto.randomUUID() });
    expect(unknown).toMatchObject({ failed: true, text: expect.stringContaining("no running sandbox") });
  });
});
