import { afterAll, beforeAll, expect, test } from "vitest";
import { DEFAULT_RELAY_LIMITS } from "../../connector/relay/relay.ts";
import type { GuestApp } from "../support/guest-app.ts";
import { startGuestApp } from "../support/guest-app.ts";
import { RunningSystem } from "../support/running-system.ts";

let guest: GuestApp;
let system: RunningSystem;

beforeAll(async () => {
  guest = await startGuestApp("127.78.2.1", 3000);
  system = await RunningSystem.start([guest], { defaultLimits: true });
});

afterAll(async () => {
  await system?.stop();
  await guest?.close();
});

test.each(["previewUrl", "link"] as const)(
  "the eleventh quick request to a %s is refused, and admitted after its retry-after",
  async (flavour) => {
    const { previewUrl, link } = system.description;
    const url = flavour === "link" ? link.url : previewUrl;
    const before = guest.seen.length;
    const responses = await Promise.all(Array.from({ length: 30 }, () => system.visit(url)));
    const limited = responses.filter((response) => response.status === 429);
    expect(responses.filter((response) => response.status === 200).length).toBe(guest.seen.length - before);
    expect(responses.length - limited.length).toBeLessThanOrEqual(12);
    expect(limited.length).toBeGreaterThanOrEqual(18);

    const refused = await system.visit(url);
    expect([refused.status, refused.headers.get("preview-error")]).toEqual([429, "rate_limited"]);
    expect(refused.headers.get("ratelimit-policy")).toBe('"default";q=10;w=10');
    await new Promise((resolve) => setTimeout(resolve, Number(refused.headers.get("retry-after")) * 1000));
    expect((await system.visit(url)).status).toBe(200);
  },
);

/** As many as a connector serves of one link at once: half of a sandbox's slots. */
const AT_ONCE = DEFAULT_RELAY_LIMITS.maxRequestsPerSandbox / 2;

test("128 first requests at once are not limited by the permits that a lease would have taken", async () => {
  const { org, adminToken, sandboxId } = system.description;
  const limit = { per_second: 5_000, burst: 10_000 };
  expect((await system.callApi("PUT", `/v1/orgs/${org}/rate-limit`, limit, adminToken)).status).toBe(200);
  const minted = await system.callApi("POST", `/v1/sandboxes/${sandboxId}/preview-token`, { port: 3000 });
  const { url } = (await minted.json()) as { url: string };
  const responses = await Promise.all(Array.from({ length: AT_ONCE }, () => system.visit(url)));
  expect(responses.filter((response) => response.status !== 200)).toEqual([]);
});
