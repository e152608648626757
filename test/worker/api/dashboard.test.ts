import { afterEach, describe, expect, test, vi } from "vitest";
import { API, fetchEdge, freshIsolate } from "../deployment.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

async function readScript(page: string): Promise<string> {
  return /src="(\/dashboard\/assets\/[^"]+)"/.exec(page)?.[1] ?? "";
}

describe("GET /dashboard/", () => {
  test("is a page whose policy admits its own files and the API, and no frame", async () => {
    const response = await fetchEdge(`${API}/dashboard/`);
    const page = await response.text();
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-cache");
    const policy = response.headers.get("content-security-policy") ?? "";
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      `connect-src ${API}`,
      "frame-ancestors 'none'",
      "form-action 'none'",
    ])
      expect(policy.split("; ")).toContain(part);
    expect(policy).not.toContain("unsafe");
    expect(page).toContain(`<meta name="api-origin" content="${API}">`);
    const script = await fetchEdge(API + (await readScript(page)));
    expect([script.status, script.headers.get("cache-control")]).toEqual([
      200,
      "public, max-age=31536000, immutable",
    ]);
    expect(script.headers.get("content-type")).toContain("javascript");
  });

  test.each([
    ["/dashboard/assets/absent.js", 404],
    ["/dashboard/index.html", 404],
    ["/dashboard/assets/../../reference/docs.html", 404],
    ["/dashboard/other", 404],
  ])("%s is %i", async (path, status) => {
    expect((await fetchEdge(API + path)).status).toBe(status);
  });

  test("has no other methods, and no address without a slash", async () => {
    expect((await fetchEdge(`${API}/dashboard/`, { method: "POST" })).status).toBe(405);
    const response = await fetchEdge(`${API}/dashboard`);
    expect([response.status, response.headers.get("location")]).toEqual([302, "/dashboard/"]);
  });
});

describe("DASHBOARD_HOST", () => {
  const HOST = "dashboard.example.org";

  test("serves the dashboard alone, which calls the API at its own hostname", async () => {
    const isolate = freshIsolate({ DASHBOARD_HOST: HOST });
    const response = await fetchEdge(`https://${HOST}/dashboard/`, {}, isolate);
    expect(response.headers.get("content-security-policy")).toContain(`connect-src ${API};`);
    const page = await response.text();
    expect(page).toContain(`content="${API}"`);
    expect((await fetchEdge(`https://${HOST}${await readScript(page)}`, {}, isolate)).status).toBe(200);
    expect((await fetchEdge(`https://${HOST}/v1/sandboxes`, {}, isolate)).status).toBe(404);
    const root = await fetchEdge(`https://${HOST}/`, {}, isolate);
    expect(root.headers.get("location")).toBe("/dashboard/");
  });

  test("is where the API's hostname leads", async () => {
    const isolate = freshIsolate({ DASHBOARD_HOST: HOST });
    const response = await fetchEdge(`${API}/dashboard/`, {}, isolate);
    expect([response.status, response.headers.get("location")]).toEqual([302, `https://${HOST}/dashboard/`]);
    expect((await fetchEdge(`https://${HOST}/`)).status, "without the setting").toBe(404);
  });

  test.each(["dashboard.example.com", "a.preview.example.com", "example.com", "https://example.org"])(
    "refuses %s: previews could reach what is stored there, or it is no hostname",
    async (host) => {
      const logged = vi.spyOn(console, "error").mockImplementation(() => {});
      const response = await fetchEdge(`${API}/docs`, {}, freshIsolate({ DASHBOARD_HOST: host }));
      expect(response.status).toBe(503);
      expect(JSON.stringify(logged.mock.calls)).toContain("DASHBOARD_HOST must");
    },
  );
});
