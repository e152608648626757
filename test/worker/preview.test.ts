import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AdmitAsk } from "../../worker/objects/messages.ts";
import { ADMIT_TIMEOUT_MS } from "../../worker/preview/admissions.ts";
import {
  connect,
  countingIsolate,
  createGeneration,
  Deployment,
  environment,
  FakeHost,
  fetchEdge,
  freshIsolate,
  problemOf,
} from "./deployment.ts";

const NOW_MS = 1_800_000_000_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function elapse(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

describe("servePreview() by public hostname", () => {
  test("carries a request to the guest, in its generation, with nothing but a pass added", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox();
    const response = await fetchEdge(`https://3000-${id}.example.com/a?b=c`, {
      method: "POST",
      body: "hello",
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      sandboxId: id,
      port: 3000,
      generation,
      path: "/a",
      body: "hello",
    });
    expect(deployment.host.requests[0]?.url).toBe(`${deployment.host.origin}/a?b=c`);
  });

  test("serves any port and any case of one sandbox", async () => {
    const { id } = await (await Deployment.create()).attachSandbox();
    for (const port of [1, 80, 65_535]) {
      const response = await fetchEdge(`https://${port}-${id.toUpperCase()}.EXAMPLE.com/`);
      expect(await response.json()).toMatchObject({ port, sandboxId: id });
    }
  });

  test("returns the response of the connector as it is", async () => {
    const { host, ...deployment } = await Deployment.create();
    expect(deployment.workspace).not.toBe("");
    const id = crypto.randomUUID();
    await host.attach(deployment.workspace, id, createGeneration());
    const response = new Response("app's own", {
      status: 418,
      headers: { "x-app": "1", "set-cookie": "a=b" },
    });
    vi.spyOn(host, "respond").mockResolvedValue(response);
    expect(await fetchEdge(`https://3000-${id}.example.com/`)).toBe(response);
  });

  test("passes the page's wish to wait on, and the connector's stream back as it comes", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const headers = { "content-type": "text/event-stream", "preview-wait": "1" };
    const respond = vi
      .spyOn(deployment.host, "respond")
      .mockResolvedValue(new Response(readable, { headers }));
    const asked = { "preview-wait": "1", "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" };
    const response = await fetchEdge(`https://3000-${id}.example.com/a`, { headers: asked });
    expect(respond.mock.calls[0]?.[0].headers.get("preview-wait")).toBe("1");
    expect(response.headers.get("preview-wait")).toBe("1");
    const reader = response.body!.getReader();
    const writer = writable.getWriter();
    for (const event of [": waiting\n\n", "event: open\ndata: \n\n"]) {
      const read = reader.read();
      await writer.write(new TextEncoder().encode(event));
      expect(new TextDecoder().decode((await read).value)).toBe(event);
    }
  });

  test("passes a redirect on, and does not follow it", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    await fetchEdge(`https://3000-${id}.example.com/`);
    const [forwarded] = vi.mocked(globalThis.fetch).mock.calls[0] as unknown as [Request];
    expect(forwarded.redirect).toBe("manual");
  });

  test("sets all five fields over what the visitor sent", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const forged = {
      "preview-pass": "forged",
      "preview-host": "forged",
      "preview-proto": "forged",
      "preview-client-ip": "forged",
      "preview-request-id": "forged",
      "cf-connecting-ip": "192.0.2.7",
    };
    const isolate = freshIsolate({ ALLOW_HTTP: "true" });
    const response = await fetchEdge(`http://3000-${id}.example.com/`, { headers: forged }, isolate);
    expect(response.status).toBe(200);
    const headers = deployment.host.requests[0]?.headers;
    expect(headers?.get("preview-pass")?.split(".")).toHaveLength(3);
    expect(headers?.get("preview-host")).toBe(`3000-${id}.example.com`);
    expect(headers?.get("preview-proto")).toBe("http");
    expect(headers?.get("preview-client-ip")).toBe("192.0.2.7");
    expect(headers?.get("preview-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("sets an empty client address where the visitor claims one and Cloudflare saw none", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    await fetchEdge(`https://3000-${id}.example.com/`, { headers: { "preview-client-ip": "192.0.2.7" } });
    expect(deployment.host.requests[0]?.headers.get("preview-client-ip")).toBe("");
  });

  test.each([
    "https://example.com/",
    "https://www.example.com/",
    `https://3000-${crypto.randomUUID()}.example.org/`,
    `https://0-${crypto.randomUUID()}.example.com/`,
    `https://03000-${crypto.randomUUID()}.example.com/`,
    `https://65536-${crypto.randomUUID()}.example.com/`,
    `https://x.3000-${crypto.randomUUID()}.example.com/`,
    `https://3000-${crypto.randomUUID()}.preview.example.com/`,
  ])("responds with 404 to %s without any object call", async (url) => {
    const { isolate, calls } = countingIsolate();
    const response = await fetchEdge(url, {}, isolate);
    expect(response.headers.get("preview-error")).toBe("unknown_host");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.status).toBe(404);
    expect(calls).toEqual([]);
  });

  test("responds with 404 for an unknown sandbox and a killed one alike, on the next request", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox();
    expect((await fetchEdge(`https://3000-${id}.example.com/`)).status).toBe(200);
    await deployment.host.detach(id, generation);
    const killed = await problemOf(await fetchEdge(`https://3000-${id}.example.com/`));
    const unknown = await problemOf(await fetchEdge(`https://3000-${crypto.randomUUID()}.example.com/`));
    expect(killed).toMatchObject({ status: 404, code: "sandbox_not_found" });
    expect({ ...killed, request_id: "" }).toEqual({ ...unknown, request_id: "" });
  });

  test("shows a person a page, a program problem+json, and HEAD nothing", async () => {
    const url = `https://3000-${crypto.randomUUID()}.example.com/`;
    const page = await fetchEdge(url, { headers: { "sec-fetch-mode": "navigate" } });
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(await page.text()).toContain("Sandbox not found");
    const problem = await fetchEdge(url, { headers: { "sec-fetch-mode": "cors", accept: "text/html" } });
    expect(problem.headers.get("content-type")).toBe("application/problem+json");
    expect(await (await fetchEdge(url, { method: "HEAD" })).text()).toBe("");
  });

  test("responds with 502 host_unreachable where the host does not respond", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    connect();
    const response = await fetchEdge(`https://3000-${id}.example.com/`);
    expect(response.status).toBe(502);
    expect(response.headers.get("preview-error")).toBe("host_unreachable");
    expect(response.headers.get("retry-after")).toBe("5");
  });

  test.each([
    ["GET", undefined, 2, 200],
    ["HEAD", undefined, 2, 200],
    ["POST", undefined, 1, 502],
    ["PUT", "body", 1, 502],
  ] as const)(
    "asks a host again that breaks a %s with body %j: %i times in all",
    async (method, body, times, status) => {
      const deployment = await Deployment.create();
      const { id } = await deployment.attachSandbox();
      for (const broken of [
        () => Promise.reject(new TypeError("lost")),
        async () => new Response("", { status: 520 }),
      ]) {
        const answers = [broken, async () => new Response("hello")];
        const spy = vi.spyOn(globalThis, "fetch").mockImplementation(() => answers.shift()!());
        const init = { method, ...(body !== undefined && { body }) };
        expect((await fetchEdge(`https://3000-${id}.example.com/`, init)).status).toBe(status);
        expect(spy).toHaveBeenCalledTimes(times);
        spy.mockRestore();
      }
    },
  );

  test("responds with 503 where the object cannot be asked, and asks it only once", async () => {
    const admit = vi.fn(() => Promise.reject(new Error("overloaded")));
    const SANDBOX = { getByName: () => ({ admit }) } as unknown as typeof environment.SANDBOX;
    const response = await fetchEdge(
      `https://3000-${crypto.randomUUID()}.example.com/`,
      {},
      freshIsolate({ SANDBOX }),
    );
    expect(await problemOf(response)).toMatchObject({ status: 503, code: "edge_unavailable" });
    expect(admit).toHaveBeenCalledTimes(1);
  });

  test("responds with 503 within five seconds where the object is silent", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
    const admit = () => new Promise<never>(() => {});
    const SANDBOX = { getByName: () => ({ admit }) } as unknown as typeof environment.SANDBOX;
    const response = fetchEdge(
      `https://3000-${crypto.randomUUID()}.example.com/`,
      {},
      freshIsolate({ SANDBOX }),
    );
    await vi.advanceTimersByTimeAsync(ADMIT_TIMEOUT_MS);
    expect((await response).headers.get("retry-after")).toBe("1");
    expect(await problemOf(await response)).toMatchObject({ status: 503, code: "edge_unavailable" });
  });

  test("goes on with a live lease where the object is overloaded, and not beyond it", async () => {
    const deployment = await Deployment.create({ per_second: 100, burst: 100 });
    const { id } = await deployment.attachSandbox();
    const url = `https://3000-${id}.example.com/`;
    let overloaded = false;
    const SANDBOX = {
      getByName: (name: string) => ({
        admit: (asked: AdmitAsk) =>
          overloaded
            ? Promise.reject(new Error("overloaded"))
            : environment.SANDBOX.getByName(name).admit(asked),
      }),
    } as unknown as typeof environment.SANDBOX;
    const isolate = freshIsolate({ SANDBOX });
    for (let count = 0; count < 1 + 2 + 1; count++) await fetchEdge(url, {}, isolate);
    overloaded = true;
    const statuses: number[] = [];
    for (let count = 0; count < 5; count++) statuses.push((await fetchEdge(url, {}, isolate)).status);
    expect(statuses).toEqual([200, 200, 200, 503, 503]);
  });
});

describe("rate limit", () => {
  test("responds to the eleventh quick request with 429, and to the next one after retry-after with 200", async () => {
    const { id } = await (await Deployment.create()).attachSandbox();
    const url = `https://3000-${id}.example.com/`;
    for (let count = 0; count < 10; count++) expect((await fetchEdge(url)).status).toBe(200);
    const response = await fetchEdge(url);
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(response.headers.get("ratelimit-policy")).toBe(`"default";q=10;w=10`);
    expect(response.headers.get("ratelimit")).toBe(`"default";r=0;t=1`);
    elapse(999);
    expect((await fetchEdge(url)).status).toBe(429);
    elapse(1);
    expect((await fetchEdge(url)).status).toBe(200);
    expect((await fetchEdge(url)).status).toBe(429);
  });

  test("keeps a bucket per port, which all isolates share", async () => {
    const { id } = await (await Deployment.create()).attachSandbox();
    for (let count = 0; count < 10; count++) {
      expect((await fetchEdge(`https://3000-${id}.example.com/`, {}, freshIsolate())).status).toBe(200);
    }
    expect((await fetchEdge(`https://3000-${id}.example.com/`, {}, freshIsolate())).status).toBe(429);
    expect((await fetchEdge(`https://3001-${id}.example.com/`)).status).toBe(200);
  });

  test("repeats a remembered refusal without an object call, with the time that is left", async () => {
    const deployment = await Deployment.create({ per_second: 0.1, burst: 1 });
    const { id } = await deployment.attachSandbox();
    const url = `https://3000-${id}.example.com/`;
    const { isolate, calls } = countingIsolate();
    expect((await fetchEdge(url, {}, isolate)).status).toBe(200);
    expect((await fetchEdge(url, {}, isolate)).headers.get("retry-after")).toBe("10");
    calls.length = 0;
    elapse(2000);
    expect((await fetchEdge(url, {}, isolate)).headers.get("retry-after")).toBe("8");
    expect(calls).toEqual([]);
    elapse(8000);
    expect((await fetchEdge(url, {}, isolate)).status).toBe(200);
  });

  test("leases twice as many requests each time a lease is used up, under a high limit, for a second", async () => {
    const deployment = await Deployment.create({ per_second: 100, burst: 100 });
    const { id } = await deployment.attachSandbox();
    const url = `https://3000-${id}.example.com/`;
    const { isolate, calls } = countingIsolate();
    for (let count = 0; count < 1 + 2 + 4 + 8; count++)
      expect((await fetchEdge(url, {}, isolate)).status).toBe(200);
    expect(calls).toEqual(Array.from({ length: 4 }, () => "SANDBOX.getByName"));
    await fetchEdge(url, {}, isolate);
    expect(calls).toHaveLength(5);
    elapse(2000);
    await fetchEdge(url, {}, isolate);
    await fetchEdge(url, {}, isolate);
    expect(calls, "after an idle second a lease is one request again").toHaveLength(7);
  });

  test("leases what the last second saw, so that steady traffic costs a call a second", async () => {
    const deployment = await Deployment.create({ per_second: 10_000, burst: 10_000 });
    const { id } = await deployment.attachSandbox();
    const { isolate, calls } = countingIsolate();
    const second = async () => {
      for (let count = 0; count < 100; count++) {
        elapse(10);
        expect((await fetchEdge(`https://3000-${id}.example.com/`, {}, isolate)).status).toBe(200);
      }
    };
    await second();
    calls.length = 0;
    for (let count = 0; count < 3; count++) await second();
    expect(calls.length).toBeLessThanOrEqual(4);
  });

  test("follows an org's new limit on the next request", async () => {
    const deployment = await Deployment.create({ per_second: 0.01, burst: 1 });
    const { id } = await deployment.attachSandbox();
    const url = `https://3000-${id}.example.com/`;
    await fetchEdge(url, {}, freshIsolate());
    expect((await fetchEdge(url, {}, freshIsolate())).status).toBe(429);
    const body = { per_second: 100, burst: 100 };
    expect(
      await (
        await deployment.call("PUT", `orgs/${deployment.org}/rate-limit`, body, deployment.orgToken)
      ).json(),
    ).toMatchObject(body);
    elapse(10);
    expect((await fetchEdge(url, {}, freshIsolate())).status).toBe(200);
  });
});

describe("guest_not_here", () => {
  test("asks once more and replays a request without a body", async () => {
    const deployment = await Deployment.create({ per_second: 100, burst: 100 });
    const { id } = await deployment.attachSandbox();
    const url = `https://3000-${id}.example.com/`;
    const { isolate, calls } = countingIsolate();
    await fetchEdge(url, {}, isolate);
    await fetchEdge(url, {}, isolate);
    const moved = new FakeHost();
    await moved.enrol();
    connect(deployment.host, moved);
    elapse(1);
    const generation = createGeneration();
    await moved.attach(deployment.workspace, id, generation);
    deployment.host.guests.delete(id);
    expect(await (await fetchEdge(url, {}, isolate)).json()).toMatchObject({ generation });
    expect(deployment.host.requests).toHaveLength(3);
    expect(moved.requests).toHaveLength(1);
    expect(calls).toHaveLength(3);
  });

  test("does not replay a request with a body, but forgets what it believed", async () => {
    const deployment = await Deployment.create({ per_second: 100, burst: 100 });
    const { id } = await deployment.attachSandbox();
    const url = `https://3000-${id}.example.com/`;
    const isolate = freshIsolate();
    await fetchEdge(url, {}, isolate);
    await fetchEdge(url, {}, isolate);
    elapse(1);
    await deployment.host.attach(deployment.workspace, id, createGeneration());
    const response = await fetchEdge(url, { method: "POST", body: "once" }, isolate);
    expect(await problemOf(response)).toMatchObject({ status: 503, code: "edge_unavailable" });
    expect(response.headers.get("retry-after")).toBe("1");
    expect(deployment.host.requests).toHaveLength(3);
    expect((await fetchEdge(url, { method: "POST", body: "again" }, isolate)).status).toBe(200);
  });

  test("gives up after the second time, and never shows the visitor 421", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    deployment.host.guests.clear();
    const response = await fetchEdge(`https://3000-${id}.example.com/`);
    expect(await problemOf(response)).toMatchObject({ status: 503, code: "edge_unavailable" });
    expect(response.headers.get("retry-after")).toBe("1");
    expect(deployment.host.requests).toHaveLength(2);
  });

  test("passes an app's own 421 on", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    vi.spyOn(deployment.host, "respond").mockImplementation(async () => new Response("app", { status: 421 }));
    const response = await fetchEdge(`https://3000-${id}.example.com/`);
    expect(response.status).toBe(421);
    expect(await response.text()).toBe("app");
  });
});

describe("servePreview() by link", () => {
  test("opens the port that it names, until its end", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const { url } = await deployment.mintLink(id, { port: 8080, ttl_seconds: 60 });
    const claims = { sandboxId: id, port: 8080, link: { keyVersion: 0 }, expiresAtMs: NOW_MS + 60_000 };
    expect(await (await fetchEdge(url)).json()).toMatchObject(claims);
    expect((await fetchEdge(url.toUpperCase().replace("HTTPS", "https"))).status).toBe(200);
    elapse(59_999);
    expect((await fetchEdge(url)).status).toBe(200);
    elapse(1);
    expect(await problemOf(await fetchEdge(url))).toMatchObject({ status: 403, code: "link_expired" });
    expect(deployment.host.requests).toHaveLength(3);
  });

  test("refuses an expired link although a lease is left", async () => {
    const deployment = await Deployment.create({ per_second: 100, burst: 100 });
    const { id } = await deployment.attachSandbox();
    const { url } = await deployment.mintLink(id, { port: 8080, ttl_seconds: 1 });
    elapse(999);
    const isolate = freshIsolate();
    expect((await fetchEdge(url, {}, isolate)).status).toBe(200);
    elapse(1);
    expect(await problemOf(await fetchEdge(url, {}, isolate))).toMatchObject({ code: "link_expired" });
  });

  test("refuses a changed link, whatever was changed", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const { token } = await deployment.mintLink(id, { port: 8080 });
    for (const index of [2, 20, 30, 40, 62]) {
      const forged = token.slice(0, index) + (token[index] === "a" ? "q" : "a") + token.slice(index + 1);
      const problem = await problemOf(await fetchEdge(`https://${forged}.preview.example.com/`));
      expect(problem.status).toBe(403);
      expect(problem.code).toBe("link_invalid");
    }
    expect(deployment.host.requests).toEqual([]);
  });

  test("refuses a damaged link without an object call", async () => {
    const { isolate, calls } = countingIsolate();
    const response = await fetchEdge(`https://${"a".repeat(63)}.preview.example.com/`, {}, isolate);
    expect(await problemOf(response)).toMatchObject({ status: 403, code: "link_invalid" });
    expect(calls).toEqual([]);
  });

  test("still tells a killed sandbox's link from a forged one, and opens neither", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox();
    const { url } = await deployment.mintLink(id, { port: 8080 });
    await deployment.host.detach(id, generation);
    expect(await problemOf(await fetchEdge(url))).toMatchObject({ status: 404, code: "sandbox_not_found" });
  });

  test("opens only the paths of a restricted link", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const { url } = await deployment.mintLink(id, { port: 8080, paths: ["/docs", "/a/"] });
    for (const path of ["/docs", "/docs/x?y", "/a/b"]) expect((await fetchEdge(url + path)).status).toBe(200);
    for (const path of [
      "/",
      "/docs2",
      "/docs/..%2fsecret",
      "/docs/..;/secret",
      "/docs/%2e%2e;x/a",
      "/secret",
    ]) {
      expect(await problemOf(await fetchEdge(url + path))).toMatchObject({
        status: 403,
        code: "path_not_allowed",
      });
    }
    expect(deployment.host.requests).toHaveLength(3);
  });

  test("opens a restricted link's paths whatever their characters, and says how it compares them", async () => {
    const deployment = await Deployment.create({ per_second: 100, burst: 100 });
    const { id } = await deployment.attachSandbox();
    const body = { port: 8080, paths: ["/café", "/a|b", "//c", "/d%c3%a9"] };
    const response = await deployment.call("POST", `sandboxes/${id}/preview-token`, body);
    const { url, paths } = (await response.json()) as { url: string; paths: string[] };
    expect(paths).toEqual(["/caf%C3%A9", new URL("https://x/a|b").pathname, "//c", "/d%C3%A9"]);
    for (const path of ["/café", "/caf%c3%a9/x", "/a|b", "//c/x", "/dé"]) {
      expect((await fetchEdge(url + path)).status, path).toBe(200);
    }
    for (const path of ["/caf", "/cafe", "/c"]) expect((await fetchEdge(url + path)).status, path).toBe(403);
  });
});
