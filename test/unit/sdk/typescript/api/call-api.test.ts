import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Client, NetworkError, RateLimitError } from "../../../../../sdk/typescript/src/index.ts";

const TOKEN = "pvw_secret-of-this-test";
const ID = "1a2b3c4d";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  vi.stubEnv("PANDASTACK_API_KEY", "");
  vi.stubEnv("PANDASTACK_API_URL", "");
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

type Answer = Response | Error | (() => Promise<Response>);

/** Gives these answers, the last one for ever. */
function createClient(...answers: Answer[]) {
  const requests: Request[] = [];
  const answer = async (url: string, init: RequestInit): Promise<Response> => {
    requests.push(new Request(url, init));
    const next = answers.length > 1 ? answers.shift() : answers[0];
    if (next instanceof Error) throw next;
    return typeof next === "function" ? next() : (next as Response).clone();
  };
  const client = new Client({ apiUrl: "https://api.acme.dev", token: TOKEN, fetch: answer as typeof fetch });
  return { client, sandbox: client.sandboxes.ref(ID), requests };
}

/** Lets the pauses between retries pass. */
async function settle<Result>(promise: Promise<Result>): Promise<Result> {
  const settled = promise.catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(600_000);
  await settled;
  return promise;
}

function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  return Response.json({ code, detail: `It is ${code}.` }, { status, headers });
}

const LINK = Response.json({ url: "https://x.preview.acme.dev", token: "x" });

describe("callApi()", () => {
  test("sends token, path and body", async () => {
    const { sandbox, requests } = createClient(LINK);
    await sandbox.signedPreviewUrl(3000, 60, { paths: ["/docs"], verify: true });
    const [request] = requests as [Request];
    expect(request.method).toBe("POST");
    expect(request.url).toBe(`https://api.acme.dev/v1/sandboxes/${ID}/preview-token`);
    expect(request.headers.get("authorization")).toBe(`Bearer ${TOKEN}`);
    expect(request.redirect).toBe("manual");
    expect(await request.json()).toEqual({ port: 3000, ttl_seconds: 60, paths: ["/docs"], verify: true });
  });

  test.each([
    [429, "rate_limited"],
    [503, "edge_unavailable"],
  ])("repeats after %i, also a POST, for nothing was done", async (status, code) => {
    const { sandbox, requests } = createClient(problem(status, code), problem(status, code), LINK);
    await settle(sandbox.signedPreviewUrl(3000));
    expect(requests).toHaveLength(3);
  });

  test("waits as long as retry-after says", async () => {
    const { sandbox, requests } = createClient(problem(429, "rate_limited", { "retry-after": "7" }), LINK);
    const link = sandbox.signedPreviewUrl(3000);
    await vi.advanceTimersByTimeAsync(6_999);
    expect(requests).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(300);
    expect(requests).toHaveLength(2);
    await link;
  });

  test("gives the error to the caller after 3 retries, and at once where the wait is longer than a minute", async () => {
    const limited = createClient(problem(429, "rate_limited"));
    await expect(settle(limited.sandbox.previewUrls())).rejects.toThrow(RateLimitError);
    expect(limited.requests).toHaveLength(4);
    const long = createClient(problem(429, "rate_limited", { "retry-after": "3600" }));
    await expect(long.sandbox.previewUrls()).rejects.toMatchObject({ retryAfterS: 3600 });
    expect(long.requests).toHaveLength(1);
  });

  test("repeats what was lost on the way only where that cannot do it twice", async () => {
    const lost = new TypeError("fetch failed");
    const read = createClient(lost, Response.json({ ports: [] }));
    expect(await settle(read.sandbox.previewUrls())).toEqual({});
    const minted = createClient(lost, LINK);
    await expect(settle(minted.sandbox.signedPreviewUrl(3000))).rejects.toThrow(NetworkError);
    expect(minted.requests).toHaveLength(1);
  });

  test("creates with one idempotency-key for all attempts, and another for each call", async () => {
    const created = () => Response.json({ id: ID, template: "vite" }, { status: 201 });
    const { client, requests } = createClient(new TypeError("reset"), created());
    expect((await settle(client.sandboxes.create({ template: "vite" }))).id).toBe(ID);
    await client.sandboxes.create({ template: "vite" });
    const [first, second, third] = requests.map(({ headers }) => headers.get("idempotency-key"));
    expect(first).toMatch(/^[!-~]{16,255}$/);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  test("ends with the signal's reason, while it waits and before it calls", async () => {
    const { sandbox, requests } = createClient(problem(429, "rate_limited", { "retry-after": "30" }));
    const abort = new AbortController();
    const urls = sandbox.previewUrls({ signal: abort.signal });
    const reason = new Error("enough");
    const failed = expect(urls).rejects.toBe(reason);
    await vi.advanceTimersByTimeAsync(10);
    abort.abort(reason);
    await failed;
    await expect(sandbox.previewUrls({ signal: abort.signal })).rejects.toBe(reason);
    expect(requests).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("gives up on an API that does not respond", async () => {
    const { sandbox } = createClient(() => new Promise<Response>(() => {}));
    const hanging = new Client({
      apiUrl: "https://api.acme.dev",
      token: TOKEN,
      timeoutMs: 1_000,
      maxRetries: 0,
      fetch: ((_url: string, { signal }: RequestInit) =>
        new Promise((_resolve, reject) =>
          signal?.addEventListener("abort", () => reject(signal.reason)),
        )) as never,
    });
    expect(sandbox.id).toBe(ID);
    await expect(settle(hanging.sandboxes.ref(ID).previewUrls())).rejects.toThrow(
      "The API at https://api.acme.dev could not be reached: no response in 1000 ms",
    );
  });

  test.each([
    ["no JSON", new Response("<html>bad gateway", { status: 502 }), "http_502"],
    ["JSON that is no problem", Response.json(null, { status: 403 }), "http_403"],
    ["a huge body", new Response("9".repeat(70_000), { status: 400 }), "http_400"],
    [
      "a redirect",
      new Response(null, { status: 307, headers: { location: "https://evil.test" } }),
      "http_307",
    ],
  ])("makes an error of %s", async (_what, answer, code) => {
    const { sandbox } = createClient(answer);
    await expect(sandbox.previewUrls()).rejects.toMatchObject({
      name: expect.stringMatching(/Error$/),
      code,
    });
  });

  test("names the variable where there is no token", async () => {
    const sandbox = new Client().sandboxes.ref(ID);
    await expect(sandbox.previewUrls()).rejects.toThrow(/PANDASTACK_API_KEY/);
    expect(sandbox.previewUrl(3000)).toBe(`https://3000-${ID}.pandastack.ai`);
  });

  test("reads the environment", async () => {
    vi.stubEnv("PANDASTACK_API_URL", "http://api.localhost:8787");
    vi.stubEnv("PANDASTACK_API_KEY", TOKEN);
    const urls: string[] = [];
    const answer = async (url: string): Promise<Response> => {
      urls.push(url);
      return Response.json([]);
    };
    await new Client({ fetch: answer as never }).sandboxes.ref(ID).previewUrls();
    expect(urls, "Node does not resolve *.localhost everywhere").toEqual([
      `http://127.0.0.1:8787/v1/sandboxes/${ID}/ports`,
    ]);
  });

  test("shows the token in no error, and not where a client is printed", async () => {
    const { client, sandbox } = createClient(new TypeError("fetch failed"));
    const error = await settle(sandbox.previewUrls()).catch((reason: unknown) => reason);
    for (const shown of [error, client, sandbox]) {
      expect(inspect(shown, { depth: 9, showHidden: true })).not.toContain(TOKEN);
      expect(JSON.stringify(shown)).not.toContain(TOKEN);
    }
    expect(() => new Client({ token: `${TOKEN} x` })).toThrow(/^token must be a text without spaces$/);
  });
});

describe("SandboxList", () => {
  const page = (ids: string[], next?: string): Response =>
    Response.json(
      ids.map((id) => ({ id, status: "running" })),
      {
        headers:
          next === undefined ? {} : { link: `<http://api.acme.dev/v1/sandboxes?cursor=${next}>; rel="next"` },
      },
    );

  test("follows the pages, and stops where the loop is left", async () => {
    const { client, requests } = createClient(page(["a", "b"], "b"), page([], "c"), page(["d"]));
    expect((await client.sandboxes.list({ limit: 2 })).map(({ id }) => id)).toEqual(["a", "b", "d"]);
    expect(requests.map(({ url }) => new URL(url).search)).toEqual([
      "?limit=2",
      "?limit=2&cursor=b",
      "?limit=2&cursor=c",
    ]);
    const left = createClient(page(["a", "b"], "b"));
    for await (const sandbox of left.client.sandboxes.list()) {
      expect(sandbox.status).toBe("running");
      break;
    }
    expect(left.requests).toHaveLength(1);
  });
});
