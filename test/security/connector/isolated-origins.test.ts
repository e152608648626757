import { once } from "node:events";
import type * as net from "node:net";
import * as tls from "node:tls";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../../support/browser/launch-chromium.ts";
import { PREVIEW_FLAGS } from "../../support/browser/tls-previews.ts";
import { createCertificate } from "../../support/create-certificate.ts";
import type { RawGuest } from "../../support/relay/raw-guest.ts";
import { RelayStage } from "../../support/relay/relay-stage.ts";
import { destinationTo } from "../../support/relay/start-relay.ts";

const PARENT = "example.com";
const [EVIL, VICTIM] = [`3000-evil.${PARENT}`, `3000-victim.${PARENT}`];

/** All that browsers map to `example.com`, in UTF-8 as it is on the wire, and the names of the cookies that carry it. */
const DOMAINS: Readonly<Record<string, string>> = {
  plain: PARENT,
  dotted: `.${PARENT}`,
  upper: "EXAMPLE.COM",
  fullwidth: "ｅxample.com",
  ideographic: "example。com",
  halfwidth: "example｡com",
  hyphen: "exam\u00adple.com",
  joiner: "exam\u200dple.com",
  quoted: `"${PARENT}"`,
  tabbed: `\t${PARENT}`,
  percent: "%65xample.com",
};

const stage = RelayStage.set();
let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium(PREVIEW_FLAGS);
});
afterAll(() => browser?.close());

/**
 * Two previews under one parent domain, of which one is hostile; over TLS, since browsers take `Clear-Site-Data` from
 * secure origins only.
 */
async function startPreviews(): Promise<{
  evil: RawGuest;
  victim: RawGuest;
  urlOf: (host: string) => string;
}> {
  const [evil, victim] = [await stage.startGuest(), await stage.startGuest()];
  const { relay } = await stage.startRelay(evil.port, {
    findDestination: (head) =>
      destinationTo((head.field("host")?.startsWith(VICTIM) ? victim : evil).port, {
        destination: { publicHost: head.field("host") ?? "" },
      }),
  });
  const server = tls.createServer(await createCertificate(), (socket) => relay.accept(socket));
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stage.onClose(() => server.close());
  const { port } = server.address() as net.AddressInfo;
  return { evil, victim, urlOf: (host) => `https://${host}:${port}/` };
}

/** The browser asks for no icon of its own, which the test would take for its next request. */
const PAGE = '<link rel="icon" href="data:,">';

/** Responds to the guest's next request. @returns the cookies of that request */
async function respond(guest: RawGuest, fieldLines: string): Promise<string> {
  const request = await guest.nextRequest();
  const head = `HTTP/1.1 200 OK\r\n${fieldLines}content-type: text/html\r\ncontent-length: ${PAGE.length}\r\n\r\n`;
  request.respond(Buffer.from(head + PAGE));
  return request.fields.get("cookie") ?? "";
}

describe("1.7 A preview's origin is isolated in Chromium", () => {
  test("its cookies do not reach a sibling, however Domain names the parent", async () => {
    const { evil, victim, urlOf } = await startPreviews();
    const context = await browser.newContext();
    const page = await context.newPage();
    const cookies = Object.entries(DOMAINS)
      .map(([name, domain]) => `Set-Cookie: ${name}=1; Domain=${domain}\r\n`)
      .join("");
    const set = respond(evil, `Set-Cookie: own=1\r\n${cookies}`);
    await page.goto(urlOf(EVIL));
    await set;
    const seen = respond(victim, "");
    await page.goto(urlOf(VICTIM));
    expect(await seen).toBe("");
    const back = respond(evil, "");
    await page.goto(urlOf(EVIL));
    expect((await back).split("; ")).toContain("own=1");
    await context.close();
  });

  test("its Clear-Site-Data does not delete a sibling's cookies", async () => {
    const { evil, victim, urlOf } = await startPreviews();
    const context = await browser.newContext();
    const page = await context.newPage();
    const set = respond(victim, "Set-Cookie: session=1\r\n");
    await page.goto(urlOf(VICTIM));
    await set;
    const cleared = respond(evil, 'Clear-Site-Data: "cookies"\r\n');
    await page.goto(urlOf(EVIL));
    await cleared;
    const seen = respond(victim, "");
    await page.goto(urlOf(VICTIM));
    expect(await seen).toBe("session=1");
    await context.close();
  });

  test("its service worker serves no other preview, whatever scope it asks for", async () => {
    const { evil, victim, urlOf } = await startPreviews();
    const context = await browser.newContext();
    const page = await context.newPage();
    const shown = respond(evil, "");
    await page.goto(urlOf(EVIL));
    await shown;
    const script =
      'addEventListener("fetch", (event) => event.respondWith(new Response("from the worker")));';
    const served = evil.nextRequest().then((request) => {
      const fields = "content-type: text/javascript\r\nservice-worker-allowed: /\r\n";
      request.respond(`HTTP/1.1 200 OK\r\n${fields}content-length: ${script.length}\r\n\r\n${script}`);
    });
    const errors = await page.evaluate(async (victimUrl) => {
      const refused = (error: Error): string => error.name;
      const scope = await navigator.serviceWorker.register("/sw.js", { scope: victimUrl }).catch(refused);
      const source = await navigator.serviceWorker.register(`${victimUrl}sw.js`).catch(refused);
      await navigator.serviceWorker.register("/sw.js", { scope: "/" });
      await navigator.serviceWorker.ready;
      return [scope, source];
    }, urlOf(VICTIM));
    await served;
    expect(errors).toEqual(["SecurityError", "SecurityError"]);
    // Its own preview is served by it, and the other one by the other app.
    await page.goto(urlOf(EVIL));
    expect(await page.textContent("body")).toBe("from the worker");
    const seen = respond(victim, "");
    await page.goto(urlOf(VICTIM));
    await seen;
    expect(await page.textContent("body")).not.toContain("from the worker");
    await context.close();
  });
});
