import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Deployment, environment, fetchEdge, freshIsolate } from "./deployment.ts";

const NOW_MS = 1_800_000_000_000;
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

let lines: Record<string, unknown>[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
  lines = [];
  const keep = (line: Record<string, unknown>) => {
    // The API's requests that set a test up are sampled, too.
    if (line.event === "request" && line.kind !== "api") lines.push(line);
  };
  vi.spyOn(console, "log").mockImplementation(keep);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const logsAll = () => freshIsolate({ LOG_SAMPLE_RATE: "1" });
const logsNone = () => freshIsolate({ LOG_SAMPLE_RATE: "0" });

describe("reportRequest()", () => {
  test("writes one line for a request that was refused, whatever the sample rate", async () => {
    const response = await fetchEdge(
      `https://3000-${crypto.randomUUID()}.example.com/secret?q`,
      {},
      logsNone(),
    );
    await expect.poll(() => lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      kind: "public",
      port: 3000,
      status: 404,
      code: "sandbox_not_found",
      weight: 1,
    });
    expect(lines[0]?.request).toBe(((await response.json()) as { request_id: string }).request_id);
  });

  test("says where a request went and how long it took, with its trace, and no secret", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const { url, token } = await deployment.mintLink(id, { port: 80 });
    lines.length = 0;
    const headers = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01`, "cf-connecting-ip": "192.0.2.9" };
    await fetchEdge(`${url}/path?query`, { headers }, logsAll());
    await expect.poll(() => lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      kind: "link",
      sandbox: id,
      port: 80,
      link: expect.stringMatching(/^[0-9a-f]{32}$/),
      host: deployment.host.id,
      method: "GET",
      status: 200,
      code: undefined,
      admitMs: expect.any(Number),
      totalMs: expect.any(Number),
      trace: TRACE,
      weight: 1,
    });
    expect(deployment.host.requests[0]?.headers.get("traceparent"), "passed on").toBe(headers.traceparent);
    const text = JSON.stringify(lines);
    for (const secret of [token, "192.0.2.9", "path", "query"]) expect(text).not.toContain(secret);
  });

  test("samples the app's own responses, errors included, and says what a line stands for", async () => {
    const deployment = await Deployment.create({ per_second: 1000, burst: 1000 });
    const { id } = await deployment.attachSandbox();
    const requestIds: string[] = [];
    vi.spyOn(deployment.host, "respond").mockImplementation(async ({ headers }) => {
      requestIds.push(headers.get("preview-request-id") ?? "");
      return new Response("", { status: 500 });
    });
    const isolate = freshIsolate({ LOG_SAMPLE_RATE: "0.25" });
    for (let count = 0; count < 100; count++) await fetchEdge(`https://80-${id}.example.com/`, {}, isolate);
    const expected = requestIds.filter((requestId) => Number.parseInt(requestId.slice(0, 2), 16) < 0x40);
    await expect.poll(() => lines.length).toBe(expected.length);
    expect(lines).toEqual(
      expected.map((request) => expect.objectContaining({ request, status: 500, weight: 4 })),
    );
  });

  test("writes one line per refusal of a limited name's object, and samples its repetitions", async () => {
    const deployment = await Deployment.create({ per_second: 0.1, burst: 1 });
    const { id } = await deployment.attachSandbox();
    const isolate = logsNone();
    await fetchEdge(`https://80-${id}.example.com/`, {}, freshIsolate());
    lines.length = 0;
    for (let count = 0; count < 20; count++) await fetchEdge(`https://80-${id}.example.com/`, {}, isolate);
    await expect.poll(() => lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ status: 429, code: "rate_limited" });
  });

  test("writes a point per line where there is a dataset", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const writeDataPoint = vi.fn();
    const ANALYTICS = { writeDataPoint } as unknown as AnalyticsEngineDataset;
    await fetchEdge(`https://80-${id}.example.com/`, {}, freshIsolate({ LOG_SAMPLE_RATE: "1", ANALYTICS }));
    await expect.poll(() => writeDataPoint.mock.calls).toHaveLength(1);
    expect(writeDataPoint.mock.calls[0]?.[0]).toMatchObject({
      indexes: [id],
      blobs: ["public", "", deployment.host.id, ""],
      doubles: [1, 200, 0, 0],
    });
  });
});

describe("addTiming()", () => {
  test.each([
    ["the owner", (deployment: Deployment) => deployment.token, /^edge;dur=\d+, host;dur=\d+$/],
    ["a stranger", () => "pvw_somebody", null],
  ])("shows the edge's share to %s, whose token goes no further", async (_who, token, expected) => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const headers = { "preview-timing-token": token(deployment) };
    const response = await fetchEdge(`https://80-${id}.example.com/`, { headers });
    expect(response.status).toBe(200);
    const timing = response.headers.get("server-timing");
    if (expected === null) expect(timing).toBeNull();
    else expect(timing).toMatch(expected);
    expect(deployment.host.requests[0]?.headers.has("preview-timing-token")).toBe(false);
  });

  test("shows another workspace's token nothing", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const token = await deployment.createWorkspace(`ws-${crypto.randomUUID().slice(0, 8)}`);
    const response = await fetchEdge(`https://80-${id}.example.com/`, {
      headers: { "preview-timing-token": token },
    });
    expect(response.headers.get("server-timing")).toBeNull();
  });

  test("leaves a response as it is where storage fails: the app has sent it", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const logged = vi.spyOn(console, "error").mockImplementation(() => {});
    const POLICY = { get: () => Promise.reject(new Error("KV GET failed: 500")) } as unknown as KVNamespace;
    const describe = vi.fn().mockRejectedValue(new Error("overloaded"));
    const getByName = (name: string) => {
      const { admit } = environment.SANDBOX.getByName(name);
      return { admit, describe };
    };
    const SANDBOX = { getByName } as unknown as typeof environment.SANDBOX;
    for (const isolate of [freshIsolate({ POLICY }), freshIsolate({ SANDBOX })]) {
      const headers = { "preview-timing-token": deployment.token };
      const response = await fetchEdge(
        `https://80-${id}.example.com/`,
        { method: "POST", body: "pay", headers },
        isolate,
      );
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ body: "pay" });
      expect(response.headers.get("server-timing")).toBeNull();
    }
    expect(describe).toHaveBeenCalledOnce();
    expect(logged).toHaveBeenCalledTimes(2);
  });
});
