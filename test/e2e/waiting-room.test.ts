import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { AgentGuest } from "../../bench/waiting/agent-guest.ts";
import { describeDelays, percentile } from "../../bench/waiting/describe-delays.ts";
import { measureOpening } from "../../bench/waiting/measure-opening.ts";
import { callControl } from "../../connector/control/call-control.ts";
import { Lab } from "../../lab/lab.ts";
import { keepImage } from "../support/browser/keep-image.ts";
import { launchChromium } from "../support/browser/launch-chromium.ts";
import { RunningSystem } from "../support/running-system.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PORT = 3000;
const OPENINGS = 6;
/** `npm run bench:waiting` measures; here other tests run at the same time. */
const MAX_MEDIAN_MS = 2_000;

const stack = new AsyncDisposableStack();
let guest: AgentGuest;
let system: RunningSystem;
let browser: Browser;

beforeAll(async () => {
  const lab = stack.use(await Lab.create());
  guest = stack.use(await AgentGuest.create(lab));
  system = await RunningSystem.start([{ host: guest.address, port: PORT }], { lab });
  stack.defer(() => system.stop());
  browser = await launchChromium();
  stack.defer(() => browser.close());
  await vi.waitFor(async () => expect(await isAgentFollowed()).toBe(true), { timeout: 20_000 });
});

afterAll(() => stack.disposeAsync());

async function isAgentFollowed(): Promise<boolean> {
  const { guests } = (await callControl(system.controlSocket, "GET", "/guests")) as {
    guests: { agentFollowed: boolean }[];
  };
  return guests[0]!.agentFollowed;
}

async function withPage(options: BrowserContextOptions, part: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext(options);
  try {
    await part(await context.newPage());
  } finally {
    await context.close();
  }
}

/** Opens the waiting room, and waits until its stream is there. */
async function openRoom(page: Page): Promise<void> {
  const waits = page.waitForResponse((response) => response.headers()["preview-wait"] === "1");
  await page.goto(system.description.previewUrl);
  await waits;
}

/** Opens the port, and waits until the page is the app. */
async function becomeApp(page: Page): Promise<void> {
  await guest.openPort(PORT);
  try {
    await page.waitForSelector("text=The app");
  } finally {
    await page.goto("about:blank");
    await guest.closePort();
  }
}

async function findViolations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const results = await page.evaluate(
    () => (globalThis as unknown as { axe: typeof axe }).axe.run() as Promise<axe.AxeResults>,
  );
  return results.violations.map(({ id, help }) => `${id}: ${help}`);
}

describe("the waiting room", () => {
  test.each(["previewUrl", "link"] as const)("becomes the app by itself at the %s", async (flavour) => {
    const { previewUrl, link } = system.description;
    await withPage({}, async (page) => {
      const faults: string[] = [];
      page.on("pageerror", ({ message }) => faults.push(message));
      page.on("console", (message) => {
        if (message.type() === "error" && !message.text().includes("502")) faults.push(message.text());
      });
      const delaysMs: number[] = [];
      for (let count = 0; count < OPENINGS; count++)
        delaysMs.push(await measureOpening(page, flavour === "link" ? link.url : previewUrl, guest, PORT));
      console.log(`${flavour}: ${describeDelays(delaysMs)}`);
      expect(percentile(delaysMs, 50)).toBeLessThan(MAX_MEDIAN_MS);
      expect(faults).toEqual([]);
    });
  });

  test("becomes the app also where the connector was restarted meanwhile", async () => {
    await withPage({}, async (page) => {
      await openRoom(page);
      const again = page.waitForResponse((response) => response.headers()["preview-wait"] === "1");
      await system.supervisor.kill("connector");
      await again;
      await becomeApp(page);
    });
  });

  test("becomes the app without scripts", async () => {
    await withPage({ javaScriptEnabled: false }, async (page) => {
      await page.goto(system.description.previewUrl);
      expect(await page.textContent("h1")).toBe("Waiting for port 3000");
      await becomeApp(page);
    });
  });

  test("gives up after a minute with advice, and goes on when it is asked to", async () => {
    await withPage({}, async (page) => {
      await page.clock.install();
      await openRoom(page);
      await page.clock.fastForward(61_000);
      await page.waitForSelector("text=No server has listened on port 3000 for a minute.");
      expect(await page.title()).toBe("Nothing listens on port 3000");
      // axe waits by timers, too.
      await page.clock.resume();
      expect(await findViolations(page)).toEqual([]);
      const again = page.waitForResponse((response) => response.headers()["preview-wait"] === "1");
      await page.click("text=Keep waiting");
      await again;
      expect(await page.isVisible("text=The app appears here")).toBe(true);
      await becomeApp(page);
    });
  });

  test("says after a form that it was not sent, and does not become the app", async () => {
    await withPage({}, async (page) => {
      await guest.openPort(PORT);
      await page.goto(system.description.previewUrl);
      await guest.closePort();
      const shown = page.waitForSelector("text=Your form was not sent.");
      await page.evaluate(() => {
        const form = document.createElement("form");
        form.method = "post";
        document.body.append(form);
        form.submit();
      });
      await shown;
      expect(await page.locator("progress").count()).toBe(0);
    });
  });

  test.each([
    ["waiting-room", { viewport: { width: 900, height: 640 } }],
    ["waiting-room-dark", { viewport: { width: 900, height: 640 }, colorScheme: "dark" }],
    ["waiting-room-narrow", { viewport: { width: 320, height: 640 } }],
  ] as const)("fits its window (%s)", async (name, options) => {
    await withPage({ ...options }, async (page) => {
      await openRoom(page);
      await page.waitForSelector("text=/^[1-9] s$/");
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width).toBeLessThanOrEqual(options.viewport.width);
      await keepImage(page, name);
    });
  });
});
