import { describe, expect, test } from "vitest";
import { REFERENCE_ASSETS } from "../../../worker/assets/asset-paths.ts";
import { API, Deployment, fetchEdge } from "../deployment.ts";

async function readPage(): Promise<{ response: Response; page: string }> {
  const response = await fetchEdge(`${API}/docs`);
  return { response, page: await response.text() };
}

describe("GET /docs", () => {
  test("shows every call of the document, and links to each once", async () => {
    const { page } = await readPage();
    const { paths } = (await (await fetchEdge(`${API}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, { operationId: string }>>;
    };
    const ids = Object.values(paths).flatMap((item) => Object.values(item).map((call) => call.operationId));
    expect(ids.length).toBeGreaterThan(20);
    for (const id of ids) {
      expect(page.split(`<article id="${id}">`), id).toHaveLength(2);
      expect(page.split(`<li><a href="#${id}">`), id).toHaveLength(2);
    }
  });

  test("loads nothing and runs nothing, and its policy forbids both", async () => {
    const { response, page } = await readPage();
    expect(page).not.toMatch(/<script|<img|<link|<iframe|\son\w+=|\sstyle=|url\(|@import/);
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? "";
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
    const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
    const policy = response.headers.get("content-security-policy");
    expect(policy).toContain(`default-src 'none'; style-src 'sha256-${hash}'`);
    expect(response.headers.get("content-type")).toBe("text/html; charset=UTF-8");
  });

  test("escapes the texts of the document", async () => {
    const { page } = await readPage();
    expect(page).toContain("&lt;…&gt;; rel=&quot;next&quot;");
  });

  test("names the credential of each call, and every type", async () => {
    const { page } = await readPage();
    for (const name of [
      "API token or org token",
      "org token or admin token",
      "enrolment token",
      "host&#39;s JWT",
    ])
      expect(page).toContain(name);
    expect(page).not.toMatch(/undefined|object,null/);
    expect(page).toContain("object or null");
  });

  test("shows a command that can be copied", async () => {
    const { page } = await readPage();
    const commands = Array.from(page.matchAll(/<pre><code>(curl [\s\S]*?)<\/code>/g), ([, command = ""]) =>
      command.replaceAll("&quot;", '"').replaceAll("&#39;", "'"),
    );
    expect(commands).toContain(
      [
        `curl -X POST ${API}/v1/sandboxes/1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d/preview-token`,
        '  -H "authorization: Bearer $API_TOKEN"',
        `  -d '{"port":3000,"ttl_seconds":3600}'`,
      ].join(" \\\n"),
    );
  });

  test("lets a keyboard scroll its list of calls", async () => {
    const { page } = await readPage();
    expect(page).toContain('<nav aria-label="Calls" tabindex="0">');
  });
});

test("no preview hostname shows a file that was built beside the Worker", async () => {
  const deployment = await Deployment.create();
  const { id } = await deployment.attachSandbox([3000]);
  const response = await fetchEdge(`https://3000-${id}.example.com${REFERENCE_ASSETS.page}`);
  expect(await response.json()).toMatchObject({ sandboxId: id, path: REFERENCE_ASSETS.page });
  expect((await fetchEdge(API + REFERENCE_ASSETS.page)).status).toBe(404);
});
