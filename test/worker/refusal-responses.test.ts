import { describe, expect, test, vi } from "vitest";
import { API, Deployment, fetchEdge, problemOf } from "./deployment.ts";

const BROWSER = { "sec-fetch-mode": "navigate", accept: "text/html" };

/** Status, fields and body, without the request's id. */
async function wholeResponse(url: string, headers: Record<string, string>): Promise<string> {
  const response = await fetchEdge(url, { headers });
  const body = (await response.text()).replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "id");
  return JSON.stringify([response.status, [...response.headers], body]);
}

describe("refusalResponse()", () => {
  test("lets a page on a sibling port read a 429, from its preflight on, and no foreign page", async () => {
    const deployment = await Deployment.create({ per_second: 0.01, burst: 1 });
    const { id } = await deployment.attachSandbox();
    const url = `https://8000-${id}.example.com/api`;
    expect((await fetchEdge(url)).status).toBe(200);
    const origin = `https://3000-${id}.example.com`;
    const asked = {
      "access-control-request-method": "PUT",
      "access-control-request-headers": "authorization",
    };
    const preflight = await fetchEdge(url, { method: "OPTIONS", headers: { origin, ...asked } });
    expect([preflight.status, await preflight.text()]).toEqual([204, ""]);
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      "preview-error": "rate_limited",
      "access-control-allow-origin": origin,
      "access-control-allow-methods": "PUT",
      "access-control-allow-headers": "authorization",
    });
    const limited = await fetchEdge(url, { method: "PUT", headers: { origin } });
    expect(limited.headers.get("access-control-allow-origin")).toBe(origin);
    expect(await problemOf(limited)).toMatchObject({ status: 429, code: "rate_limited" });

    const foreign = { origin: `https://3000-${crypto.randomUUID()}.example.com`, ...asked };
    const refused = await fetchEdge(url, { method: "OPTIONS", headers: foreign });
    expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([429, null]);
  });

  test("names the port of a public hostname, and none of a link that was not verified", async () => {
    const unknown = await fetchEdge(`https://3000-${crypto.randomUUID()}.example.com/`, { headers: BROWSER });
    expect(await unknown.text()).toContain("404 · Port 3000");
    const forged = await fetchEdge(`https://${"a".repeat(63)}.preview.example.com/`, { headers: BROWSER });
    expect([forged.headers.get("preview-error"), await forged.text()]).toEqual([
      "link_invalid",
      expect.not.stringContaining("Port "),
    ]);
  });

  test("says of a link that was cut that it is incomplete", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const { url } = await deployment.mintLink(id, { port: 3000 });
    const cut = await fetchEdge(url.replace(/\/\/../, "//"), { headers: BROWSER });
    expect(cut.headers.get("preview-error")).toBe("link_incomplete");
    expect(await cut.text()).toContain("This link is incomplete");
  });

  test("says of an expired link that it has expired, alike whether its sandbox runs or has ended", async () => {
    const deployment = await Deployment.create({ per_second: 100, burst: 100 });
    const seen = [];
    for (const isRunning of [true, false]) {
      const { id, generation } = await deployment.attachSandbox();
      const { url } = await deployment.mintLink(id, { port: 3000, ttl_seconds: 1 });
      if (!isRunning) await deployment.host.detach(id, generation);
      const clock = vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2_000 });
      for (const headers of [BROWSER, { accept: "*/*" }]) seen.push(await wholeResponse(url, headers));
      clock.useRealTimers();
    }
    expect(seen[0]).toContain("link_expired");
    expect(seen.slice(2)).toEqual(seen.slice(0, 2));
  });

  test("responds to every link that it cannot verify alike", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const { token } = await deployment.mintLink(id, { port: 3000 });
    const forged = token.slice(0, -1) + (token.endsWith("a") ? "q" : "a");
    const damaged = (token.startsWith("a") ? "q" : "a") + token.slice(1);
    const seen = new Set<string>();
    for (const label of [forged, damaged, "a".repeat(63)])
      seen.add(await wholeResponse(`https://${label}.preview.example.com/`, BROWSER));
    expect([...seen]).toEqual([expect.stringContaining("link_invalid")]);
  });

  test("leads from a path that a link does not open to one that it does", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const { url } = await deployment.mintLink(id, { port: 3000, paths: ["/docs", "/shop"] });
    const refused = await fetchEdge(`${url}/admin`, { headers: BROWSER });
    expect(await refused.text()).toContain('<a href="/docs">Open /docs</a>');
  });

  test("keeps crawlers away where the app cannot respond", async () => {
    const robots = await fetchEdge(`https://3000-${crypto.randomUUID()}.example.com/robots.txt`);
    expect([robots.status, await robots.text()]).toEqual([200, "User-agent: *\nDisallow: /\n"]);
    expect(robots.headers.get("x-robots-tag")).toBe("noindex");
  });
});

describe("redirectToReference()", () => {
  test.each([`${API}/`, "https://example.com/", "https://preview.example.com/"])(
    "leads a browser from %s to the reference",
    async (url) => {
      const response = await fetchEdge(url, { headers: BROWSER });
      expect([response.status, response.headers.get("location")]).toEqual([302, `${API}/docs`]);
    },
  );

  test("keeps the port of the edge", async () => {
    const response = await fetchEdge("https://example.com:8443/", { headers: BROWSER });
    expect(response.headers.get("location")).toBe("https://api.example.com:8443/docs");
  });

  test.each([`${API}/`, "https://example.com/"])("responds to programs at %s with a problem", async (url) => {
    expect((await problemOf(await fetchEdge(url))).status).toBe(404);
  });

  test.each([
    ["https://example.com/a", "GET"],
    ["https://www.example.com/", "GET"],
    ["https://example.com/", "POST"],
    [`${API}/v1`, "GET"],
  ])("does not redirect from %s by %s", async (url, method) => {
    expect((await fetchEdge(url, { method, headers: BROWSER })).status).toBe(404);
  });
});
