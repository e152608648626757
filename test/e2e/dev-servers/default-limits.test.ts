import { request } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DevServer } from "../../dev-servers/dev-server.ts";
import { DevGuest } from "../../dev-servers/guest/dev-guest.ts";
import { MatrixSystem } from "../../dev-servers/guest/matrix-system.ts";
import { next } from "../../dev-servers/servers/bundlers/next.ts";
import { sveltekit } from "../../dev-servers/servers/vite/sveltekit.ts";
import { viteReact } from "../../dev-servers/servers/vite/vite-react.ts";
import { Visit } from "../../dev-servers/visit/visit.ts";

const RELOADS = 5;
const BURST = 10;

interface Case {
  readonly server: DevServer;
  /** On the front page when it is whole. */
  readonly text: string;
  readonly edit: readonly [path: string, from: string];
  readonly clickThrough: (visit: Visit) => Promise<void>;
}

const CASES: readonly Case[] = [
  {
    server: viteReact,
    text: "Count is 0",
    edit: ["src/App.tsx", "Get started"],
    clickThrough: async ({ page }) => {
      await page.getByRole("button", { name: "Count is 0" }).click();
      await page.getByText("Count is 1").waitFor();
    },
  },
  {
    server: next,
    text: "To get started, edit the",
    edit: ["app/page.tsx", "Looking for a starting point or more instructions?"],
    clickThrough: async (visit) => {
      await visit.open("/account");
      await visit.page.fill("[name=name]", "Ada");
      await visit.page.getByRole("button", { name: "Sign in" }).click();
      await visit.see("Signed in as Ada");
    },
  },
  {
    server: sveltekit,
    text: "try editing",
    edit: ["src/routes/+page.svelte", "to your new"],
    clickThrough: async (visit) => {
      await visit.page.getByRole("link", { name: "About" }).first().click();
      await visit.see("About this app");
      await visit.page.getByRole("link", { name: "Sverdle" }).first().click();
      await visit.page.locator(".grid").waitFor();
    },
  },
];

let shared: MatrixSystem;
beforeAll(async () => {
  shared = await MatrixSystem.start({ defaultLimits: true });
});
afterAll(() => shared?.[Symbol.asyncDispose]());

describe.each(CASES)("$server.title at the default limit", ({ server, text, edit, clickThrough }) => {
  let guest: DevGuest;
  beforeAll(async () => {
    guest = await DevGuest.start(shared, server);
  }, 300_000);
  afterAll(() => guest?.[Symbol.asyncDispose]());

  test("is loaded, reloaded, edited and clicked through without a 429", async () => {
    await using context = await shared.browser.newContext();
    const visit = new Visit(await context.newPage(), "public", guest);
    let responses = 0;
    const refused: string[] = [];
    visit.page.on("response", (response) => {
      responses++;
      if (response.status() === 429) refused.push(response.url());
    });
    await visit.open();
    await visit.see(text);
    for (let reload = 0; reload < RELOADS; reload++) {
      await visit.page.reload({ waitUntil: "load" });
      await visit.see(text);
    }
    await visit.editLive(...edit);
    await clickThrough(visit);
    expect(refused).toEqual([]);
    expect(visit.errors).toEqual([]);
    expect(responses).toBeGreaterThan(BURST);
  });

  test("admits ten quick requests of a script, and one more each second", async () => {
    const headers = { host: new URL(guest.origins.link).host };
    const startMs = performance.now();
    const statuses = await Promise.all(
      Array.from({ length: 2 * BURST }, async () => {
        const { statusCode, body } = await request(shared.edge, { headers });
        await body.dump();
        return statusCode;
      }),
    );
    const refilled = Math.ceil((performance.now() - startMs) / 1000);
    const admitted = statuses.filter((status) => status !== 429).length;
    expect(admitted).toBeGreaterThanOrEqual(BURST);
    expect(admitted).toBeLessThanOrEqual(BURST + refilled);
  });
});
