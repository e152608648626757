import { readFileSync } from "node:fs";
import * as http from "node:http";
import { createRequire } from "node:module";
import type axe from "axe-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keepImage } from "../../support/browser/keep-image.ts";
import { launchChromium } from "../../support/browser/launch-chromium.ts";
import type { GuestApp } from "../../support/guest-app.ts";
import { startGuestApp } from "../../support/guest-app.ts";
import { RunningSystem } from "../../support/running-system.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const ADDRESS = "127.78.30.1";
const WIDE = { width: 1280, height: 860 };
const NARROW = { width: 320, height: 720 };

let guest: GuestApp;
let system: RunningSystem;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const complaints: string[] = [];

beforeAll(async () => {
  guest = await startGuestApp(ADDRESS, 3000);
  [system, browser] = await Promise.all([RunningSystem.start([guest]), launchChromium()]);
  // Axe is no part of the page: the policy, which holds for the page's own scripts, does not admit it.
  context = await browser.newContext({ viewport: WIDE, bypassCSP: false });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      complaints.push(message.text());
  });
});

afterAll(async () => {
  await browser?.close();
  await system?.stop();
  await guest?.close();
});

const dashboard = (): string => `${system.description.api}/dashboard/`;

/** Axe is evaluated by the debugger, which the page's policy does not bind. */
async function violationsOf(shown: Page): Promise<string[]> {
  await shown.evaluate(AXE);
  const results = await shown.evaluate(
    () => (globalThis as unknown as { axe: typeof axe }).axe.run() as Promise<axe.AxeResults>,
  );
  return results.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

/** In four looks: no violation, nothing wider than the page, and an image of each where images are kept. */
async function inspect(name: string): Promise<void> {
  for (const [size, viewport] of [
    ["", WIDE],
    ["-narrow", NARROW],
  ] as const) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violationsOf(page), `${name} ${size} ${colorScheme}`).toEqual([]);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow, `${name} ${size}`).toBe(0);
      await keepImage(page, `dashboard-${name}${size}${colorScheme === "dark" ? "-dark" : ""}`);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(WIDE);
}

describe("the dashboard", () => {
  test("refuses a bad token beside the field, and signs in with one that is typed", async () => {
    await page.goto(dashboard());
    await page.getByLabel("API token").fill("a b");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("must be an API token").waitFor();
    await inspect("sign-in");
    await page.getByLabel("API token").fill("pvw_unknown");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").getByText("Unauthorized").waitFor();
    await page.getByLabel("API token").fill(system.description.apiToken);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("link", { name: system.description.sandboxId }).waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("API token").waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });

  test("takes the token of npm start's link, and keeps it out of address, history and requests", async () => {
    const urls: string[] = [];
    page.on("request", (request) => urls.push(request.url()));
    const { apiToken, sandboxId } = system.description;
    await page.goto("about:blank");
    await page.goto(`${dashboard()}#token=${apiToken}`);
    await page.getByRole("link", { name: sandboxId }).waitFor();
    expect(page.url()).not.toContain(apiToken);
    expect(urls.filter((url) => url.replace(/#.*/, "").includes(apiToken))).toEqual([]);
    expect(await context.cookies()).toEqual([]);
    await inspect("sandboxes");
  });

  test("shows a port as it opens, and changes who may visit it, with undo", async () => {
    const { sandboxId } = system.description;
    await page.getByRole("link", { name: sandboxId }).click();
    await page.getByText("Live", { exact: true }).waitFor();
    const late = http.createServer((_request, response) => response.end("late"));
    await new Promise<void>((ready) => late.listen(3077, ADDRESS, ready));
    try {
      await system
        .callApi("GET", `/v1/sandboxes/${sandboxId}/ports/events?dial=3077`)
        .then(({ body }) => body?.cancel());
      await page.getByText("3077", { exact: true }).waitFor();
      await inspect("ports");
    } finally {
      late.close();
    }
  });

  test("names what is wrong with a link beside its field, and shares a port until it is revoked", async () => {
    await page.getByRole("link", { name: "Share", exact: true }).click();
    await page.getByLabel("Lifetime").fill("8d");
    await page.getByRole("button", { name: "Create link" }).click();
    await page.getByText("must be 1 second to 7 days").waitFor();
    await page.getByLabel("Lifetime").fill("1h");
    await page.getByText("Paths and embedding").click();
    await page.getByLabel("Only these paths").fill("docs");
    await page.getByRole("button", { name: "Create link" }).click();
    await page.getByText("must be a path that starts with /").waitFor();
    await page.getByLabel("Only these paths").fill("");
    await page.getByLabel("Port", { exact: true }).fill("3000");
    await page.getByLabel("Label", { exact: true }).fill("For the review");
    await page.getByRole("button", { name: "Create link" }).click();
    const url = await page.locator(".minted a.url").getAttribute("href");
    await page.getByText("For the review").waitFor();

    const tab = await context.newPage();
    await tab.goto(url ?? "");
    expect(await tab.title()).toBeDefined();
    await tab.evaluate(() => {
      const socket = new WebSocket(`${location.origin.replace("http", "ws")}/socket`);
      return new Promise<void>((open) => {
        socket.onopen = () => open();
        socket.onclose = () => document.body.setAttribute("data-socket", "closed");
      });
    });
    // Timers of a page in the background are slowed down.
    await page.bringToFront();
    await inspect("share");
    await page.getByRole("button", { name: "Revoke" }).first().click();
    await page.locator(".confirm").getByRole("button", { name: "Revoke" }).click();
    await page.getByText("The link is revoked").waitFor();
    await tab.waitForSelector('body[data-socket="closed"]');
    expect((await system.visit(url ?? "")).status).toBe(403);
    await tab.close();
  });

  test("shows a request as it comes in, replays it beside the first response, and copies it as curl", async () => {
    const { previewUrl } = system.description;
    await page.getByRole("link", { name: "Requests", exact: true }).click();
    await page.getByText("Nothing is recorded").waitFor();
    await page.getByRole("checkbox", { name: "3000" }).check();
    await page.getByText("is recorded").waitFor();
    const send = async (): Promise<number> => {
      const headers = { "content-type": "application/json", authorization: "Bearer secret-of-a-visitor" };
      const body = JSON.stringify({ event: "paid", amount: 12 });
      await (await system.visit(`${previewUrl}/hooks/pay?try=1`, { method: "POST", headers, body })).text();
      return page.getByRole("button", { name: "POST" }).count();
    };
    await expect.poll(send, { timeout: 15_000 }).toBeGreaterThan(0);
    await page.getByRole("button", { name: "POST" }).first().click();
    await page.getByText('"event": "paid"').waitFor();
    await page
      .getByText(/^\d+ fields$/)
      .last()
      .click();
    expect(await page.textContent(".exchange")).not.toContain("secret-of-a-visitor");
    const before = guest.seen.length;
    await page.getByRole("button", { name: "Replay" }).click();
    await page.getByText("Response to the replay").waitFor();
    expect(guest.seen.slice(before)).toMatchObject([{ method: "POST", url: "/hooks/pay?try=1" }]);
    await page.getByText("replay", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Copy as curl" }).click();
    await page.getByText("The command is copied").waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("/hooks/pay?try=1");
    await inspect("requests");
    const calls: string[] = [];
    page.on("request", (request) => calls.push(new URL(request.url()).pathname));
    await page.reload();
    await page.getByRole("button", { name: "POST" }).first().waitFor();
    const made = calls.filter((path) => path.startsWith("/v1/") && path !== "/v1/token");
    expect(made, "five calls for a view").toHaveLength(5);
  });

  test("lowers the limit, after which a visitor meets the 429, and undoes it", async () => {
    const { org, adminToken } = system.description;
    // The demo's own limit is above what a token of the org may set, so that no undo could restore it.
    await system.callApi("PUT", `/v1/orgs/${org}/rate-limit`, { per_second: 50, burst: 200 }, adminToken);
    await page.getByRole("link", { name: "Limits" }).click();
    await page.getByLabel("Requests a second").fill("many");
    await page.getByRole("button", { name: "Save the limit" }).click();
    await page.getByText("must be a number").waitFor();
    await page.getByLabel("Requests a second").fill("0.01");
    await page.getByLabel("At once").fill("0");
    await page.getByRole("button", { name: "Save the limit" }).click();
    await page.locator(".field-error").getByText("must be a whole number from 1").waitFor();
    await page.getByLabel("At once").fill("1");
    await page.getByRole("button", { name: "Save the limit" }).click();
    await page.getByText("The limit is changed").waitFor();
    const statuses = async (): Promise<number[]> => {
      const { previewUrl } = system.description;
      return Promise.all([1, 2, 3].map(async () => (await system.visit(previewUrl)).status));
    };
    await expect.poll(statuses, { timeout: 10_000 }).toContain(429);
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(() => page.getByLabel("At once").inputValue()).toBe("200");
    await inspect("limits");
  });

  test("suspends a sandbox and resumes it, with the admin's token", async () => {
    const { adminToken, sandboxId, previewUrl } = system.description;
    await page.goto("about:blank");
    await page.goto(`${dashboard()}#token=${adminToken}`);
    await page.getByRole("heading", { name: "Admin" }).waitFor();
    await page.getByLabel("Id").fill("no such id!");
    const suspend = page.getByRole("button", { name: "Suspend", exact: true });
    const confirm = page.locator(".confirm").getByRole("button").first();
    await suspend.click();
    await confirm.click();
    await page.locator(".field-error, .alert").first().waitFor();
    await page.getByLabel("Id").fill(sandboxId);
    await suspend.click();
    await confirm.click();
    await page.getByText(sandboxId, { exact: true }).waitFor();
    await inspect("admin");
    await expect.poll(async () => (await system.visit(previewUrl)).status, { timeout: 10_000 }).toBe(403);
    await page.getByRole("button", { name: "Resume" }).click();
    await confirm.click();
    await page.getByText("has visitors again").waitFor();
    await page.getByRole("link", { name: "Hosts" }).click();
    await page.getByText("heard", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Orgs" }).click();
    await page.getByRole("link", { name: `Limit of ${system.description.org}` }).waitFor();
    await expect.poll(async () => (await system.visit(previewUrl)).status, { timeout: 10_000 }).toBe(200);
  });

  test("complains about nothing in the console, its own policy included", () => {
    expect(complaints).toEqual([]);
  });

  test("is refused in a frame, and what it stores is out of reach of a preview's script", async () => {
    await page.evaluate(() => sessionStorage.setItem("api-token", "here"));
    const tab = await context.newPage();
    await tab.goto(system.description.previewUrl);
    const seen = await tab.evaluate(async (address) => {
      const frame = document.createElement("iframe");
      frame.src = address;
      await new Promise((loaded) => {
        frame.onload = loaded;
        document.body.append(frame);
      });
      let inside = "reached";
      try {
        inside = String(frame.contentWindow?.document.body.textContent);
      } catch (error) {
        inside = (error as Error).name;
      }
      const fetched = await fetch(address).then(
        () => "read",
        (error: Error) => error.name,
      );
      return { inside, fetched, stored: sessionStorage.getItem("api-token") };
    }, dashboard());
    expect(seen).toEqual({ inside: "SecurityError", fetched: "TypeError", stored: null });
    const frame = tab.frames().find((each) => each !== tab.mainFrame());
    await expect.poll(() => frame?.url()).toBe("chrome-error://chromewebdata/");
    await tab.close();
  });
});
