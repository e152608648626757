import type * as http from "node:http";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../../support/browser/launch-chromium.ts";
import { PREVIEW_FLAGS, startTlsPreviews } from "../../support/browser/tls-previews.ts";
import { LINK, TOKEN } from "../../support/relay/destinations.ts";
import { RelayStage } from "../../support/relay/relay-stage.ts";

const LINK_HOST = `${TOKEN}.preview.example.com`;
const PUBLIC_HOST = "3000-0f4bb8a1-1111-4222-8333-444455556666.example.com";
const EMBEDDER = "app.embedder.test";
const ICON = '<link rel="icon" href="data:,">';

const stage = RelayStage.set();
let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium(PREVIEW_FLAGS);
});
afterAll(() => browser?.close());

/** An app that forbids every frame, and shows the cookie that it was sent. */
const app: http.RequestListener = (request, response) => {
  response.writeHead(200, {
    "content-type": "text/html",
    "x-frame-options": "DENY",
    "content-security-policy": "default-src 'self'; frame-ancestors 'none'",
    "set-cookie": "session=1; SameSite=Strict; Path=/",
  });
  response.end(
    `<!doctype html>${ICON}<p id="cookie">cookie: ${request.headers.cookie ?? "none"}</p><a href="/">again</a>`,
  );
};

/** A page of another site, with a frame for the preview. */
const embedder: http.RequestListener = (_request, response) => {
  response.writeHead(200, { "content-type": "text/html" });
  response.end(`<!doctype html>${ICON}<iframe></iframe>`);
};

/** Shows a preview in a frame of another site. @returns what the frame shows at first, and after a click in it */
async function embed(host: string, isNamed: boolean): Promise<string[]> {
  let allowed = "https://placeholder.example";
  const grants = {
    [LINK_HOST]: {
      link: LINK,
      holder: LINK.id,
      get embed() {
        return [allowed];
      },
    },
  };
  const places = { [LINK_HOST]: app, [PUBLIC_HOST]: app, [EMBEDDER]: embedder };
  const port = await startTlsPreviews(stage, places, grants);
  allowed = `https://${isNamed ? EMBEDDER : "other.example"}:${port}`;
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(`https://${EMBEDDER}:${port}/`);
    await page.evaluate((url) => {
      const frame = document.querySelector("iframe");
      return new Promise((resolve) => {
        frame?.addEventListener("load", resolve, { once: true });
        if (frame !== null) frame.src = url;
      });
    }, `https://${host}:${port}/`);
    const frame = page.frames()[1];
    if (frame?.url().startsWith("https://") !== true) return ["blocked"];
    const first = (await frame.textContent("#cookie")) ?? "";
    await frame.click("a");
    await frame.waitForFunction(() => document.getElementById("cookie")?.textContent !== "cookie: none");
    return [first, (await frame.textContent("#cookie")) ?? ""];
  } finally {
    await context.close();
  }
}

describe("10.6 A preview in another site's frame in Chromium", () => {
  test("is shown where its link names that site, and keeps its cookies there", async () => {
    expect(await embed(LINK_HOST, true)).toEqual(["cookie: none", "cookie: session=1"]);
  });

  test("is not shown where its link names another one", async () => {
    expect(await embed(LINK_HOST, false)).toEqual(["blocked"]);
  });

  test("is not shown by its public hostname, where the app forbids it", async () => {
    expect(await embed(PUBLIC_HOST, true)).toEqual(["blocked"]);
  });
});
