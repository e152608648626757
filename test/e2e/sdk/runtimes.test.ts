import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build, transform } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { installProject } from "../../dev-servers/project/install-project.ts";
import { launchChromium } from "../../support/browser/launch-chromium.ts";
import { RunningSystem } from "../../support/running-system.ts";
import { LoopbackLauncher, WEB_PORT } from "../../support/sdk/loopback-launcher.ts";
import { PackedSdk } from "../../support/sdk/pack-typescript-sdk.ts";
import type { ScenarioInput, ScenarioOutcome } from "../../support/sdk/portable-scenario.ts";

const CLOSED_PORT = 4000;
const COMPATIBILITY_DATE = "2026-11-02";

/** The postinstall scripts of both, which npm may not run by itself, put the binaries into place. */
const RUNTIMES = {
  name: "Deno and Bun",
  project: {
    create: [
      "npm install --ignore-scripts --no-save deno@2.9.6 bun@1.4.5",
      "node node_modules/deno/install.cjs",
      "node node_modules/bun/install.js",
    ],
  },
};

let launcher: LoopbackLauncher;
let system: RunningSystem;
let sdk: PackedSdk;
/** The folder of the programs. */
let runtimes: string;
let input: ScenarioInput;

beforeAll(async () => {
  launcher = await LoopbackLauncher.start("127.93");
  const { socketPath: launcherSocket } = launcher;
  const guests = [{ host: "127.93.250.1", port: 9 }];
  let installed: string;
  [system, sdk, installed] = await Promise.all([
    RunningSystem.start(guests, { launcherSocket }),
    PackedSdk.install(),
    installProject(RUNTIMES),
  ]);
  runtimes = join(installed, "node_modules/.bin");
  const created = await system.callApi("POST", "/v1/sandboxes", { template: "web" });
  const { id } = (await created.json()) as { id: string };
  const { api: apiUrl, apiToken: token } = system.description;
  input = { options: { apiUrl, token }, id, port: WEB_PORT, closedPort: CLOSED_PORT };
  const source = await readFile("test/support/sdk/portable-scenario.ts", "utf8");
  const { code } = await transform(source, { loader: "ts" });
  await writeFile(join(sdk.directory, "scenario.js"), code);
}, 240_000);

afterAll(async () => {
  await system?.stop();
  await launcher?.[Symbol.asyncDispose]();
  await sdk?.[Symbol.asyncDispose]();
});

const IMPORTS = `import * as sdk from "pandastack-preview"; import { runScenario } from "./scenario.js";`;

/** An expression that runs the scenario. */
function runWith(options: ScenarioInput["options"]): string {
  return `runScenario(sdk, ${JSON.stringify({ ...input, options })})`;
}

/** Writes a program that prints the outcome. @returns its name */
async function writeProgram(name: string, options: ScenarioInput["options"]): Promise<string> {
  const program = `${IMPORTS} console.log(JSON.stringify(await ${runWith(options)}));`;
  await writeFile(join(sdk.directory, name), program);
  return name;
}

/** Serves the page and the modules of the project in which the SDK is installed. */
async function serveProject(page: string): Promise<{ url: string; server: http.Server }> {
  const server = http.createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://page");
    const isPage = pathname === "/";
    response.setHeader("content-type", isPage ? "text/html" : "text/javascript");
    try {
      response.end(isPage ? page : await readFile(join(sdk.directory, pathname)));
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}

async function expectOutcome(outcome: ScenarioOutcome): Promise<void> {
  const { id, port } = input;
  expect(outcome.listed, "two pages").toHaveLength(2);
  expect(outcome.listed).toContain(id);
  expect(outcome.previewUrl).toBe(system.urlOf(id, port));
  expect(outcome.previewUrls).toEqual({ [port]: system.urlOf(id, port) });
  expect(outcome.failures).toMatchObject([
    { name: "PortClosedError", code: "port_closed", openPorts: [port] },
    { name: "PortTimeoutError", code: "timeout", openPorts: [port] },
    { name: "NotFoundError", code: "sandbox_not_found" },
    { name: "UnauthorizedError", code: "unauthorized" },
    { name: "RangeError" },
  ]);
  expect(await (await system.visit(`${outcome.link}/a`)).text()).toBe(`${port} /a`);
  await expect.poll(async () => (await system.visit(outcome.revoked)).status).toBe(403);
}

describe("the packed TypeScript SDK", () => {
  test("runs in Deno, which allows it connections to the API and nothing else", async () => {
    const program = await writeProgram("deno-program.js", input.options);
    const args = ["run", "--no-prompt", "--no-remote", "--allow-net=127.0.0.1", program];
    const environment = { DENO_NO_UPDATE_CHECK: "1" };
    const ended = await sdk.execute(join(runtimes, "deno"), args, { environment });
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    await expectOutcome(JSON.parse(ended.stdout));
  });

  test("runs in Bun, with its options from the environment", async () => {
    const program = await writeProgram("bun-program.js", {});
    const { api, apiToken } = system.description;
    const environment = { PANDASTACK_API_URL: api, PANDASTACK_API_KEY: apiToken };
    const ended = await sdk.execute(join(runtimes, "bun"), ["--no-install", program], { environment });
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    await expectOutcome(JSON.parse(ended.stdout));
  });

  test("runs in workerd, bundled as Workers are", async () => {
    const run = runWith(input.options);
    const contents = `${IMPORTS} export default { fetch: async () => Response.json(await ${run}) };`;
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: sdk.directory },
      bundle: true,
      write: false,
      format: "esm",
      conditions: ["workerd", "worker", "browser"],
    });
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({
        modules: [{ type: "ESModule", path: "program.mjs", contents: outputFiles[0]!.text }],
        compatibilityDate: COMPATIBILITY_DATE,
        cf: false,
        host: "127.0.0.1",
        port: 0,
      }),
    );
    try {
      const response = await miniflare.dispatchFetch("http://worker.example/");
      await expectOutcome((await response.json()) as ScenarioOutcome);
    } finally {
      await miniflare.dispose();
    }
  });

  test("runs in a page of another origin, from its modules as they are published", async () => {
    const imports = { "pandastack-preview": "/node_modules/pandastack-preview/dist/index.js" };
    const importMap = `<script type="importmap">${JSON.stringify({ imports })}</script>`;
    const { url, server } = await serveProject(`<!doctype html>${importMap}`);
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(url);
      // As text: Vitest would rewrite the imports of a function.
      const outcome = await page.evaluate<ScenarioOutcome>(`(async () => {
        const sdk = await import("pandastack-preview");
        const { runScenario } = await import("/scenario.js");
        return ${runWith(input.options)};
      })()`);
      await expectOutcome(outcome);
    } finally {
      await browser.close();
      server.close();
      server.closeAllConnections();
    }
  });
});
