import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDemo } from "../../dev/demo/start-demo.ts";
import { findFreePort } from "../../dev/find-free-port.ts";
import { keepImage } from "../support/browser/keep-image.ts";
import { launchChromium } from "../support/browser/launch-chromium.ts";
import type { PageApp } from "../support/page-app.ts";
import { startPageApp } from "../support/page-app.ts";
import { RunningSystem } from "../support/running-system.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

describe("the demo", () => {
  let system: RunningSystem;
  let demo: Awaited<ReturnType<typeof startDemo>>;
  beforeAll(async () => {
    demo = await startDemo("127.78.5.1", 3000);
    system = await RunningSystem.start([{ host: "127.78.5.1", port: 3000 }]);
  });
  afterAll(async () => {
    await system?.stop();
    demo?.closeAllConnections();
    demo?.close();
  });

  test.each(["previewUrl", "link"] as const)("works for a person at its %s", async (flavour) => {
    const page = await browser.newPage();
    await page.goto(flavour === "link" ? system.description.link.url : system.description.previewUrl);
    await page.waitForFunction(() => /^\d\d:/.test(document.getElementById("clock")?.textContent ?? ""));
    await page.waitForFunction(() => document.getElementById("state")?.textContent?.startsWith("connected"));
    await page.click("#echo button");
    await page.waitForFunction(() => document.getElementById("replies")?.textContent?.startsWith("hello"));
    await page.setInputFiles("#file", {
      name: "a.bin",
      mimeType: "application/octet-stream",
      buffer: Buffer.alloc(3_000_000),
    });
    await page.waitForFunction(() =>
      document.getElementById("receipt")?.textContent?.includes("3,000,000 bytes"),
    );
    if (flavour === "previewUrl") await keepImage(page, "demo");
    await page.close();
  });

  test("is embedded by the origins of its link, and by no other", async () => {
    const embedder = "https://app.example.org";
    const id = system.description.sandboxId;
    const minted = await system.callApi("POST", `/v1/sandboxes/${id}/preview-token`, {
      port: 3000,
      embed: [embedder],
    });
    const { url } = (await minted.json()) as { url: string };
    // Chromium takes the embedding pages for ones of the internet, and asks before they may reach loopback.
    const page = await browser.newPage({ permissions: ["local-network-access"] });
    for (const [origin, shown] of [
      [embedder, `${url}/`],
      ["https://other.example.org", "chrome-error://chromewebdata/"],
    ] as const) {
      const body = `<!doctype html><iframe src="${url}"></iframe>`;
      await page.route(`${origin}/`, (route) => route.fulfill({ contentType: "text/html", body }));
      await page.goto(`${origin}/`);
      await expect.poll(() => page.frames()[1]?.url()).toBe(shown);
    }
    await page.close();
  });

  test("leads a person who waits for a server to the app once it listens", async () => {
    const page = await browser.newPage();
    const url = system.urlOf(system.description.sandboxId, 3005);
    const response = await page.goto(url);
    expect(response?.status()).toBe(502);
    expect(await page.textContent("h1")).toBe("Waiting for port 3005");
    const late = await startDemo("127.78.5.1", 3005);
    await page.waitForSelector("text=It works from inside the sandbox", { timeout: 20_000 });
    late.closeAllConnections();
    late.close();
    await page.close();
  });
});

describe("a page of 120 modules, WebSockets and polling, under the default limit", () => {
  let system: RunningSystem;
  let app: PageApp;
  beforeAll(async () => {
    app = await startPageApp("127.78.11.1", 3000, 120);
    system = await RunningSystem.start([{ host: "127.78.11.1", port: 3000 }], { defaultLimits: true });
  });
  afterAll(async () => {
    await system?.stop();
    app?.close();
  });

  test.each([
    ["previewUrl", 5],
    ["link", 2],
  ] as const)(
    "works at its %s, is reloaded %i times and left by a click, and curl is limited",
    async (flavour, reloads) => {
      const { previewUrl, link } = system.description;
      const url = flavour === "link" ? link.url : previewUrl;
      const page = await browser.newPage();
      const refused: string[] = [];
      page.on("response", (response) => {
        if (response.status() === 429) refused.push(response.url());
      });
      const isReady = async () => {
        await page.waitForFunction(() => document.title !== "loading");
        return [await page.title(), refused];
      };
      await page.goto(url);
      expect(await isReady()).toEqual(["ready", []]);
      for (let reload = 1; reload <= reloads; reload++) {
        // What such a page takes of the pages' budget is there again after this time, however fast it loads.
        await page.waitForTimeout(1_300);
        await page.reload();
        expect(await isReady(), `reload ${reload}`).toEqual(["ready", []]);
      }
      await page.waitForTimeout(1_300);
      await Promise.all([page.waitForURL("**/next"), page.click("a")]);
      expect(await isReady(), "a click").toEqual(["ready", []]);
      await page.close();

      const responses = await Promise.all(Array.from({ length: 30 }, () => system.visit(url)));
      expect(responses.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(18);
    },
  );
});

describe("a Vite project as its template makes it", () => {
  let directory: string;
  let vite: ChildProcess;
  let system: RunningSystem;
  let page: Page;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "preview-vite-"));
    await mkdir(join(directory, "src"));
    await symlink(resolve("node_modules"), join(directory, "node_modules"));
    await writeFile(join(directory, "package.json"), '{"type":"module"}');
    await writeFile(
      join(directory, "index.html"),
      '<!doctype html><div id="app"></div><script type="module" src="/src/main.js"></script>',
    );
    await writeFile(join(directory, "src/style.css"), "#app { color: rgb(1, 2, 3) }");
    await writeFile(
      join(directory, "src/main.js"),
      'import "./style.css";\nimport { text } from "./text.js";\nconst show = (value) => { document.getElementById("app").textContent = value; };\nshow(text);\nif (import.meta.hot) import.meta.hot.accept("./text.js", (module) => show(module.text));\n',
    );
    await writeFile(join(directory, "src/text.js"), 'export const text = "first";\n');
    const port = await findFreePort();
    vite = spawn(
      process.execPath,
      [resolve("node_modules/vite/bin/vite.js"), "--port", String(port), "--strictPort"],
      {
        cwd: directory,
        stdio: ["ignore", "pipe", "inherit"],
        // Vite colours its banner where CI is set, and "Local" and ":" part.
        env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined },
      },
    );
    await new Promise<void>((ready, fail) => {
      vite.stdout?.on("data", (chunk: Buffer) => {
        if (chunk.toString().includes("Local:")) ready();
      });
      vite.once("exit", (code) => fail(new Error(`vite ended with ${code}`)));
    });
    system = await RunningSystem.start([{ host: "127.0.0.1", port }]);
    page = await browser.newPage();
  });
  afterAll(async () => {
    await page?.close();
    await system?.stop();
    vite?.kill();
    await rm(directory, { recursive: true, force: true });
  });

  test("loads with its assets and updates without a reload", async () => {
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    const connected = page.waitForEvent("console", (message) => message.text().includes("[vite] connected"));
    await page.goto(system.description.previewUrl);
    await connected;
    await page.waitForSelector("text=first");
    expect(await page.evaluate(() => getComputedStyle(document.getElementById("app")!).color)).toBe(
      "rgb(1, 2, 3)",
    );
    await page.evaluate(() => Object.assign(window, { survived: true }));
    await writeFile(join(directory, "src/text.js"), 'export const text = "second";\n');
    await page.waitForSelector("text=second");
    expect(await page.evaluate(() => "survived" in window)).toBe(true);
    expect(errors).toEqual([]);
  });
});
