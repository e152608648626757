import { describe, expect, test } from "vitest";
import { Deployment, fetchEdge, freshIsolate, problemOf } from "../../worker/deployment.ts";

const HSTS = "strict-transport-security";

describe("plain http", () => {
  test("leads a page to https, and its link reaches no host", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const response = await fetchEdge(`http://3000-${id}.example.com/a?b`);
    expect(response.status).toBe(308);
    expect(response.headers.get("location")).toBe(`https://3000-${id}.example.com/a?b`);
    expect(deployment.host.requests).toEqual([]);
  });

  test.each([
    ["a call of the API with its token", "http://api.example.com/v1/sandboxes", { token: "pvw_x" }],
    ["a body", "http://3000-0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b.example.com/", { method: "POST", body: {} }],
    [
      "a WebSocket",
      "http://3000-0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b.example.com/",
      { headers: { upgrade: "websocket" } },
    ],
  ])("refuses %s, and redirects it nowhere", async (_case, url, options) => {
    const response = await fetchEdge(url, options);
    expect(await problemOf(response)).toMatchObject({ status: 403, code: "https_required" });
  });

  test("is served where the edge is local", async () => {
    const { id } = await (await Deployment.create()).attachSandbox();
    const isolate = freshIsolate({ ALLOW_HTTP: "true" });
    const response = await fetchEdge(`http://3000-${id}.example.com/`, {}, isolate);
    expect(response.status).toBe(200);
    expect((await fetchEdge("http://api.example.com/", {}, isolate)).headers.has(HSTS)).toBe(false);
  });
});

describe("HSTS", () => {
  test("stands on refusals and on the API's responses, and not on the app's", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    expect((await fetchEdge("https://nothing.example.com/")).headers.get(HSTS)).toBe("max-age=31536000");
    expect((await deployment.call("GET", "sandboxes")).headers.get(HSTS)).toBe("max-age=31536000");
    expect((await fetchEdge(`https://3000-${id}.example.com/`)).headers.has(HSTS)).toBe(false);
  });
});
