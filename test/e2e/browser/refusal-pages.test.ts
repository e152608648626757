import { once } from "node:events";
import { readFileSync } from "node:fs";
import * as http from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import type axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Refusal, RefusalCode } from "../../../shared/refusal/refusal.ts";
import { REFUSALS, refuse } from "../../../shared/refusal/refusal.ts";
import type { RefusalRequest } from "../../../shared/refusal/refusal-request.ts";
import { renderRefusal } from "../../../shared/refusal/render-refusal.ts";
import { keepImage } from "../../support/browser/keep-image.ts";
import { launchChromium } from "../../support/browser/launch-chromium.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Refusals of the API alone, which renders no page: see `problemResponse`. */
const WITHOUT_PAGE = new Set<RefusalCode>([
  "request_invalid",
  "unauthorized",
  "forbidden",
  "not_found",
  "method_not_allowed",
  "conflict",
  "generation_ended",
  "host_full",
  "launcher_missing",
]);
const CODES = (Object.keys(REFUSALS) as RefusalCode[]).filter((code) => !WITHOUT_PAGE.has(code));
/** Else Chromium asks for one. */
const ICON = '<link rel="icon" href="data:,">';
const APP = `<!doctype html><title>App</title>${ICON}<h1>The app</h1>`;
const FORM = `<!doctype html><title>Form</title>${ICON}<form method="post"><button>Send</button></form>`;
const DESKTOP = { width: 1000, height: 720 };
const PHONE = { width: 320, height: 640 };
/** All pages have one style: the ones that differ most in their parts are looked at in every combination. */
const MOST_PARTS: readonly RefusalCode[] = ["rate_limited", "port_closed", "path_not_allowed"];

function looksOf(code: RefusalCode) {
  const opposites = [
    [DESKTOP, "light"],
    [PHONE, "dark"],
  ] as const;
  return MOST_PARTS.includes(code)
    ? ([...opposites, [DESKTOP, "dark"], [PHONE, "light"]] as const)
    : opposites;
}

/** What the server responds with, one after the other; the last one again and again. `undefined` is 204: a page stays. */
type Response = Refusal | string | undefined;

let responses: Response[] = [];
let requests: string[] = [];
let server: http.Server;
let browser: Browser;
let url: string;

beforeAll(async () => {
  server = http.createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const next = responses.length > 1 ? responses.shift() : responses[0];
    respond(request, response, next);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/app`;
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

function respond(request: http.IncomingMessage, response: http.ServerResponse, next: Response): void {
  if (next === undefined) {
    response.writeHead(204).end();
  } else if (typeof next === "string") {
    response.writeHead(200, { "content-type": "text/html" }).end(next);
  } else {
    const { status, headers, body } = renderRefusal(next, describeRequest(request));
    response.writeHead(status, Object.fromEntries(headers)).end(body);
  }
}

function describeRequest({ method = "GET" }: http.IncomingMessage): RefusalRequest {
  return {
    requestId: "7d5cf1b2-3a57-4c0e-9a0b-6b0fb0a7a2d1",
    html: true,
    method,
    port: 3000,
    publicHost: "3000-0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b.example.com",
    abuseContact: "abuse@example.com",
  };
}

/** Opens a page while the server responds so. @returns what the browser complained about, besides statuses */
async function withPage(
  planned: Response[],
  options: BrowserContextOptions,
  use: (page: Page) => Promise<void>,
): Promise<void> {
  [responses, requests] = [planned, []];
  const context = await browser.newContext(options);
  const complaints: string[] = [];
  try {
    const page = await context.newPage();
    page.on("console", (message) => {
      if (!message.text().startsWith("Failed to load resource")) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await use(page);
    expect(complaints).toEqual([]);
    expect(requests.filter((line) => line.includes("favicon"))).toEqual([]);
  } finally {
    await context.close();
  }
}

async function violationsOf(page: Page): Promise<string[]> {
  const results = await page.evaluate(
    () => (globalThis as unknown as { axe: typeof axe }).axe.run() as Promise<axe.AxeResults>,
  );
  return results.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

describe("refusalPage() in Chromium", () => {
  test.each(CODES)("has %s accessible, wide and at 320 px, light and dark", async (code) => {
    const refusal = refuse(code, {
      ...(code === "rate_limited" && { retryAfterS: 12 }),
      ...(code === "port_closed" && { openPorts: [5173, 8080] }),
      ...(code === "path_not_allowed" && { allowedPath: `/${"long-path/".repeat(12)}` }),
    });
    // After 421 Chromium asks once more by itself, on another connection.
    const shown = REFUSALS[code].status === 421 ? [refusal, refusal] : [refusal];
    await withPage([...shown, undefined], { viewport: DESKTOP }, async (page) => {
      await page.goto(url);
      await page.evaluate(AXE);
      for (const [viewport, colorScheme] of looksOf(code)) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        expect(await violationsOf(page), colorScheme).toEqual([]);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(width).toBeLessThanOrEqual(viewport.width);
      }
    });
  });

  test("is accessible after a form", async () => {
    await withPage([FORM, refuse("rate_limited", { retryAfterS: 12 })], { viewport: PHONE }, async (page) => {
      await page.goto(url);
      await page.click("button");
      await page.waitForSelector("text=Your form was not sent.");
      await page.evaluate(AXE);
      expect(await violationsOf(page)).toEqual([]);
    });
  });

  test.each([
    ["refusal", refuse("guest_protocol"), { viewport: DESKTOP }],
    ["refusal-dark", refuse("sandbox_not_found"), { viewport: DESKTOP, colorScheme: "dark" }],
    ["limited", refuse("rate_limited", { retryAfterS: 12 }), { viewport: DESKTOP }],
    ["limited-narrow", refuse("rate_limited", { retryAfterS: 12 }), { viewport: PHONE, colorScheme: "dark" }],
  ] as const)("has something to read below its title (%s)", async (name, refusal, options) => {
    await withPage([refusal, undefined], { ...options, reducedMotion: "reduce" }, async (page) => {
      await page.clock.install();
      await page.clock.pauseAt(Date.now() + 60_000);
      await page.goto(url);
      expect((await page.textContent(".lead"))?.length).toBeGreaterThan(10);
      await keepImage(page, name);
    });
  });
});

describe("RELOAD_SCRIPT in Chromium", () => {
  test("becomes the app by itself, at the same fragment", async () => {
    await withPage([refuse("draining"), refuse("draining"), APP], {}, async (page) => {
      await page.goto(`${url}#/route/7`);
      await page.waitForSelector("text=The app", { timeout: 30_000 });
      expect(page.url()).toBe(`${url}#/route/7`);
      expect(requests).toHaveLength(3);
    });
  });

  test("becomes the app by its link, at the same fragment", async () => {
    await withPage([refuse("host_unreachable"), APP], {}, async (page) => {
      await page.goto(`${url}#/route/7`);
      await page.click("text=Reload now");
      await page.waitForSelector("text=The app");
      expect(page.url()).toBe(`${url}#/route/7`);
    });
  });

  test("counts a limit down and reloads once, then waits for the person", async () => {
    const limited = refuse("rate_limited", { retryAfterS: 1 });
    await withPage([limited], {}, async (page) => {
      await page.goto(url);
      await page.waitForSelector("text=You can try again now.", { timeout: 30_000 });
      expect(requests).toHaveLength(2);
      responses = [limited, APP];
      await page.click("text=Reload now");
      await page.waitForSelector("text=The app", { timeout: 30_000 });
      expect(requests).toHaveLength(4);
    });
  });

  test("never reloads after a form, and leads back to it", async () => {
    await withPage([FORM, refuse("draining"), FORM], {}, async (page) => {
      await page.clock.install();
      await page.goto(url);
      await page.click("button");
      await page.waitForSelector("text=Your form was not sent.");
      await page.clock.fastForward(60_000);
      expect(await page.isVisible("text=Your form was not sent.")).toBe(true);
      expect(requests).toHaveLength(2);
      await page.clock.resume();
      await page.click("text=Back to the form");
      await page.waitForSelector("text=Send");
    });
  });

  test("has a substitute where scripts are off", async () => {
    await withPage([refuse("draining"), APP], { javaScriptEnabled: false }, async (page) => {
      await page.goto(url);
      await page.waitForSelector("text=The app", { timeout: 30_000 });
    });
    await withPage(
      [refuse("rate_limited", { retryAfterS: 5 }), APP],
      { javaScriptEnabled: false },
      async (page) => {
        await page.goto(url);
        expect(await page.textContent("[role=status]")).toContain("You can try again in 5");
        await page.click("text=Reload now");
        await page.waitForSelector("text=The app");
      },
    );
  });

  test("is readable in its order without a style sheet", async () => {
    await withPage([refuse("rate_limited", { retryAfterS: 60 })], {}, async (page) => {
      await page.goto(url);
      await page.evaluate(() => {
        for (const style of document.querySelectorAll("style")) style.remove();
      });
      const text = await page.evaluate(() => document.querySelector("main")?.textContent ?? "");
      expect(text.replaceAll(/\s+/g, " ").trim()).toMatch(
        /^429 · Port 3000 Too many requests This preview .* reloads by itself in \d+ s\. Reload now If this is your sandbox .* Code rate_limited Request 7d5cf1b2-\S+ Report this preview$/,
      );
    });
  });
});
