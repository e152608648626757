import type * as http from "node:http";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refuse } from "../../../shared/refusal/refusal.ts";
import { launchChromium } from "../../support/browser/launch-chromium.ts";
import { PREVIEW_FLAGS, startTlsPreviews } from "../../support/browser/tls-previews.ts";
import { RelayStage } from "../../support/relay/relay-stage.ts";

const [ID, OTHER_ID] = ["0f4bb8a1-1111-4222-8333-444455556666", "0f4bb8a1-1111-4222-8333-444455557777"];
const PAGE = `3000-${ID}.example.com`;
const OTHER_PAGE = `3000-${OTHER_ID}.example.com`;
const CLOSED = `8000-${ID}.example.com`;
const LIMITED = `8001-${ID}.example.com`;
const ICON = '<link rel="icon" href="data:,">';

const stage = RelayStage.set();
let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium(PREVIEW_FLAGS);
});
afterAll(() => browser?.close());

const page: http.RequestListener = (_request, response) => {
  response.writeHead(200, { "content-type": "text/html" });
  response.end(`<!doctype html>${ICON}<h1>page</h1>`);
};

async function onPage(
  use: (page: Page, urlOf: (host: string) => string) => Promise<void>,
  at = PAGE,
): Promise<void> {
  const port = await startTlsPreviews(stage, {
    [PAGE]: page,
    [OTHER_PAGE]: page,
    [CLOSED]: refuse("port_closed", { retryAfterS: 1 }),
    [LIMITED]: refuse("rate_limited", { retryAfterS: 7 }),
  });
  const urlOf = (host: string): string => `https://${host}:${port}/`;
  const context = await browser.newContext();
  try {
    const opened = await context.newPage();
    await opened.goto(urlOf(at));
    await use(opened, urlOf);
  } finally {
    await context.close();
  }
}

/** What a script of the page sees of a request with `Authorization`, which needs a preflight. */
function fetchFrom(opened: Page, url: string): Promise<unknown> {
  return opened.evaluate(async (target) => {
    try {
      const response = await fetch(target, {
        method: "PUT",
        headers: { authorization: "Bearer a" },
        body: "b",
      });
      const { code } = (await response.json()) as { code: string };
      return [
        response.status,
        code,
        response.headers.get("preview-error"),
        response.headers.get("retry-after"),
      ];
    } catch (error) {
      return (error as Error).name;
    }
  }, url);
}

describe("10.6 A page that calls another port of its sandbox, in Chromium", () => {
  test("sees the refusal of a closed or limited port, with its code and when to come again", async () => {
    await onPage(async (opened, urlOf) => {
      expect(await fetchFrom(opened, urlOf(CLOSED))).toEqual([502, "port_closed", "port_closed", "1"]);
      expect(await fetchFrom(opened, urlOf(LIMITED))).toEqual([429, "rate_limited", "rate_limited", "7"]);
    });
  });

  test("sees nothing where it belongs to another sandbox", async () => {
    await onPage(async (opened, urlOf) => {
      expect(await fetchFrom(opened, urlOf(CLOSED))).toBe("TypeError");
      expect(await fetchFrom(opened, urlOf(LIMITED))).toBe("TypeError");
    }, OTHER_PAGE);
  });
});
