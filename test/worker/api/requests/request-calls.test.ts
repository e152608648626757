import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { HOST_JSON_TIMEOUT_MS, MAX_HOST_JSON_BYTES } from "../../../../worker/hosts/read-host-json.ts";
import { ADMIN_TOKEN, API, createGeneration, Deployment, fetchEdge, problemOf } from "../../deployment.ts";
import type { LogStage } from "./log-host.ts";
import { createLogStage, SHOWN } from "./log-host.ts";

/** Whatever is not changed for good is tested with this one. */
let stage: LogStage;
let neighbour: string;
let stranger: Deployment;

beforeAll(async () => {
  stranger = await Deployment.create({ per_second: 1000, burst: 1000 });
  stage = await createLogStage();
  neighbour = await stage.deployment.createWorkspace(`other-${stage.id.slice(0, 8)}`);
});

beforeEach(() => stage.renew());

afterEach(() => {
  vi.restoreAllMocks();
});

const LOG = `requests/${SHOWN.id}`;

/** Each call about requests, below its sandbox: method, path, body, and the status where all is well. */
const CALLS: readonly (readonly [method: string, path: string, body: unknown, status: number])[] = [
  ["GET", "requests", undefined, 200],
  ["DELETE", "requests", undefined, 204],
  ["GET", LOG, undefined, 200],
  ["GET", `${LOG}/curl`, undefined, 200],
  ["GET", "requests/events", undefined, 200],
  ["POST", `${LOG}/replay`, {}, 200],
  ["PUT", "ports/3000/capture", { bodies: true }, 200],
  ["DELETE", "ports/3000/capture", undefined, 204],
];

/** Status, fields and body, without the id of the call. */
async function wholeOf(response: Response): Promise<string> {
  const text = (await response.text()).replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "id");
  const fields = [...response.headers].filter(([name]) => !/request-id|^ratelimit/.test(name));
  return JSON.stringify([response.status, fields, text]);
}

function call({ deployment, id }: LogStage, [method, path, body]: (typeof CALLS)[number], token?: string) {
  return deployment.call(method, `sandboxes/${id}/${path}`, body, token);
}

describe.each(CALLS)("%s /v1/sandboxes/{id}/%s", (...each) => {
  const [method, path, body, status] = each;

  test("refuses a sandbox of another workspace or org exactly as an unknown one, and calls no host", async () => {
    const { deployment, host } = stage;
    for (const token of [neighbour, stranger.token, stranger.orgToken]) {
      const unknown = `sandboxes/${crypto.randomUUID()}/${path}`;
      const expected = await wholeOf(await deployment.call(method, unknown, body, token));
      expect(expected).toContain("sandbox_not_found");
      expect(await wholeOf(await call(stage, each, token))).toBe(expected);
    }
    expect(host.logCalls).toEqual([]);
  });

  test("needs a developer: a viewer is refused, and no host is called", async () => {
    const { deployment, viewer, developer } = stage;
    expect(await problemOf(await call(stage, each, viewer))).toMatchObject({
      status: 403,
      code: "forbidden",
    });
    for (const token of [ADMIN_TOKEN, ""]) expect((await call(stage, each, token)).status).toBe(401);
    expect(stage.host.logCalls).toEqual([]);
    for (const token of [developer, deployment.orgToken])
      expect((await call(stage, each, token)).status).toBe(status);
  });
});

describe("calls about requests", () => {
  test("responses are kept by no cache, and a curl command is plain text", async () => {
    for (const each of CALLS.filter(([method]) => method === "GET")) {
      const response = await call(stage, each);
      expect(response.headers.get("cache-control"), each[1]).toBe("no-store");
    }
    const curl = await stage.deployment.call("GET", `sandboxes/${stage.id}/${LOG}/curl`);
    expect(curl.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(await curl.text()).toContain(`'https://3000-${stage.id}.example.com/hooks'`);
  });

  test.each([
    ["?limit=0", "?limit"],
    ["?limit=201", "?limit"],
    ["?limit=x", "?limit"],
    ["?port=0", "?port"],
    ["?port=65536", "?port"],
    ["?port=03000", "?port"],
    ["?method=get", "?method"],
    ["?status=600", "?status"],
    ["?status=4x", "?status"],
    ["?path=", "?path"],
    [`?path=${"/".repeat(2049)}`, "?path"],
    ["?since=yesterday", "?since"],
    ["?until=2026-13-01T00:00:00Z", "?until"],
    ["?cursor=../x", "?cursor"],
    ["?workspace=x", "?workspace"],
    ["/events?port=0", "?port"],
    ["/events?method=GET", "?method"],
  ])("refuses GET …/requests%s by the parameter's name, and calls no host", async (query, path) => {
    const { deployment, host, id } = stage;
    const response = await deployment.call("GET", `sandboxes/${id}/requests${query}`);
    expect(await problemOf(response)).toMatchObject({
      status: 400,
      code: "request_invalid",
      errors: [{ path }],
    });
    expect(host.logCalls).toEqual([]);
  });

  test.each(["x", "UPPERCASE0001", "a".repeat(25), "..%2f..%2fusage", "%2e%2e", "mhw1a2b3c000%20"])(
    "has no request %j",
    async (request) => {
      const { deployment, host, id } = stage;
      for (const [method, path, body] of [
        ["GET", `requests/${request}`],
        ["GET", `requests/${request}/curl`],
        ["POST", `requests/${request}/replay`, {}],
      ] as const) {
        const response = await deployment.call(method, `sandboxes/${id}/${path}`, body);
        expect(response.status, path).toBe(404);
      }
      expect(host.logCalls).toEqual([]);
    },
  );

  test("asks the host for what the query names, and leads to the next page with the same filters", async () => {
    const { deployment, host, id } = stage;
    host.respondToLogCall = () => Response.json({ requests: [SHOWN], more: true });
    const query = "limit=1&port=3000&method=POST&status=2xx&path=%2Fhooks%3Fa%3Db&since=1960-01-01T00:00:00Z";
    const response = await deployment.call("GET", `sandboxes/${id}/requests?${query}`);
    expect(host.logCalls).toEqual([
      {
        call: `POST /guests/${id}/requests`,
        body: { limit: 1, port: 3000, method: "POST", status: "2xx", path: "/hooks?a=b", since: 0 },
      },
    ]);
    const [, next = ""] = /^<(.+)>; rel="next"$/.exec(response.headers.get("link") ?? "") ?? [];
    expect((await fetchEdge(next, { token: deployment.token })).status).toBe(200);
    expect(host.logCalls[1]?.body).toEqual({ ...(host.logCalls[0]?.body as object), before: SHOWN.id });
  });

  test.each([
    [{ refusal: { code: "not_found" } }, 404, "not_found"],
    [{ refusal: { code: "guest_not_here" } }, 404, "sandbox_not_found"],
    [{ refusal: { code: "too_many_connections", detail: "busy" } }, 503, "too_many_connections"],
    [{ refusal: { code: "unknown" } }, 502, "host_unreachable"],
    [{ request: { ...SHOWN, id: "../../admin" } }, 502, "host_unreachable"],
    [{ request: { ...SHOWN, status: "200" } }, 502, "host_unreachable"],
    [[], 502, "host_unreachable"],
  ])("makes a host's %j a refusal", async (said, status, code) => {
    const { deployment, host, id } = stage;
    host.respondToLogCall = () => Response.json(said);
    const response = await deployment.call("GET", `sandboxes/${id}/${LOG}`);
    expect(await problemOf(response)).toMatchObject({ status, code });
  });

  test.each([
    [404, "sandbox_not_found"],
    [503, "too_many_connections"],
    [500, "host_unreachable"],
    [302, "host_unreachable"],
  ])("makes a host's %i a %s", async (status, code) => {
    const { deployment, host, id } = stage;
    host.respondToLogCall = () => new Response("{}", { status });
    for (const path of ["requests", LOG, `${LOG}/curl`, "requests/events"])
      expect(await problemOf(await deployment.call("GET", `sandboxes/${id}/${path}`))).toMatchObject({
        code,
      });
  });
});

describe("a host that does not end its response", () => {
  test.each([
    ["stands still", () => {}, HOST_JSON_TIMEOUT_MS],
    ["sends without end", (controller) => controller.enqueue(new Uint8Array(1024 * 1024).fill(32)), 0],
  ] satisfies [string, (controller: ReadableStreamDefaultController) => void, number][])(
    "is not waited for, where it %s",
    async (_what, send, waitMs) => {
      const { deployment, host, id } = stage;
      let pulls = 0;
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      try {
        host.respondToLogCall = () => {
          const pull = (controller: ReadableStreamDefaultController): void => {
            pulls++;
            send(controller);
            queueMicrotask(() => vi.advanceTimersByTime(waitMs));
          };
          return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
        };
        const response = await deployment.call("GET", `sandboxes/${id}/${LOG}`);
        expect(await problemOf(response)).toMatchObject({ status: 502, code: "host_unreachable" });
        expect(pulls).toBeLessThanOrEqual(MAX_HOST_JSON_BYTES / (1024 * 1024) + 1);
      } finally {
        vi.useRealTimers();
      }
    },
  );
});

describe("suspension", () => {
  test("refuses the stream and replays, and leaves the log to look at", async () => {
    const { deployment, host, id } = await createLogStage();
    const suspended = `${API}/v1/admin/suspensions/sandboxes/${id}`;
    await fetchEdge(suspended, { method: "PUT", token: ADMIN_TOKEN, body: { reason: "abuse" } });
    expect(host.revocations).toMatchObject([{ sandbox_id: id, all: true }]);
    const events = await deployment.call("GET", `sandboxes/${id}/requests/events`);
    expect(await problemOf(events)).toMatchObject({ status: 403, code: "suspended" });
    const replay = await deployment.call("POST", `sandboxes/${id}/${LOG}/replay`, {});
    expect(await problemOf(replay)).toMatchObject({ status: 403, code: "suspended" });
    expect(host.logCalls.map(({ call: made }) => made)).not.toContain(`POST /guests/${id}/replays`);
    expect((await deployment.call("GET", `sandboxes/${id}/requests`)).status).toBe(200);
  });
});

describe("audit trail", () => {
  test("has each change of a capture and each replay, without what was sent, and none that was refused", async () => {
    const own = await createLogStage();
    const { deployment, id, viewer } = own;
    for (const each of CALLS) await (await call(own, each)).text();
    const secret = { headers: { authorization: "hunter2" }, body: "hunter2" };
    await deployment.call("POST", `sandboxes/${id}/${LOG}/replay`, secret);
    await deployment.call("PUT", `sandboxes/${id}/ports/3000/capture`, { bodies: 1 });
    await call(own, ["PUT", "ports/3000/capture", {}, 403], viewer);
    const trail = await deployment.call("GET", `workspaces/${deployment.workspace}/audit`);
    const { entries } = (await trail.json()) as { entries: { what: string; on: string; result: string }[] };
    const mine = entries.filter(({ on }) => on.startsWith(`/v1/sandboxes/${id}/`));
    expect(
      mine.map(({ what, on, result }) => [what, on.slice(`/v1/sandboxes/${id}/`.length), result]),
    ).toEqual([
      ["replayRequest", `${LOG}/replay`, "ok"],
      ["deleteCapture", "ports/3000/capture", "ok"],
      ["putCapture", "ports/3000/capture", "ok"],
      ["replayRequest", `${LOG}/replay`, "ok"],
      ["forgetRequests", "requests", "ok"],
    ]);
    expect(JSON.stringify(entries)).not.toContain("hunter2");
  });
});

describe("replayRequest", () => {
  const replay = ({ deployment, id }: LogStage, body: unknown) =>
    deployment.call("POST", `sandboxes/${id}/${LOG}/replay`, body);
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`x-${index}`, "1"]));

  test.each([
    ["{", "/"],
    [[], "/"],
    [{ method: "get" }, "/method"],
    [{ method: "" }, "/method"],
    [{ method: 1 }, "/method"],
    [{ path: "hooks" }, "/path"],
    [{ path: "http://internal/" }, "/path"],
    [{ path: "/a b" }, "/path"],
    [{ path: "/\r\nx: y" }, "/path"],
    [{ path: `/${"a".repeat(16 * 1024)}` }, "/path"],
    [{ headers: [] }, "/headers"],
    [{ headers: { "x-a": 1 } }, "/headers/x-a"],
    [{ headers: many }, "/headers"],
    [
      {
        headers: Object.fromEntries(
          Object.keys(many)
            .slice(0, 50)
            .map((name) => [name, "a".repeat(16_000)]),
        ),
      },
      "/headers",
    ],
    [{ headers: { [`x${"a".repeat(17_000)}`]: null } }, "/headers"],
    [{ body: 1 }, "/body"],
    [{ body: "a".repeat(65_537) }, "/body"],
    [{ body_base64: "*" }, "/body_base64"],
    [{ bodies: "x" }, "/bodies"],
  ])("refuses case %# by its name, and calls no host", async (body, path) => {
    const problem = await problemOf(await replay(stage, body));
    expect(problem).toMatchObject({ status: 400, code: "request_invalid" });
    if (body !== "{") expect(problem.errors?.map((error) => error.path)).toContain(path);
    expect(stage.host.logCalls).toEqual([]);
  });

  test("sends the host what is changed, the mask of the port, and the way that its settings say now", async () => {
    const renewed = await createLogStage();
    const { deployment, host, id } = renewed;
    await deployment.call("PUT", `sandboxes/${id}/ports/3000/capture`, { mask: ["x-secret"] });
    await deployment.call("PUT", `sandboxes/${id}/ports/4000/capture`, { mask: ["x-other"] });
    await deployment.call("PUT", `sandboxes/${id}/ports/3000`, { scheme: "https" });
    const overrides = { method: "PUT", path: "/b", headers: { "x-a": null }, body: "b" };
    expect(await (await replay(renewed, overrides)).json()).toEqual({ original: SHOWN, replay: SHOWN });
    expect(host.logCalls.at(-1)).toEqual({
      call: `POST /guests/${id}/replays`,
      body: { request: SHOWN.id, masks: [{ port: 3000, names: ["x-secret"] }], overrides, scheme: "https" },
    });
    await deployment.call("PUT", `sandboxes/${id}/ports/3000`, { access: "off" });
    expect(await problemOf(await replay(renewed, {}))).toMatchObject({ status: 403, code: "port_off" });
  });

  test.each(["conflict", "request_invalid", "port_closed", "guest_timeout", "guest_protocol"])(
    "passes on a host's %s with its reasons",
    async (code) => {
      const errors = [{ path: "/headers/host", message: "cannot be changed" }];
      const shown = stage.host.respondToLogCall;
      stage.host.respondToLogCall = (made) =>
        made.call.endsWith("/replays")
          ? Response.json({ refusal: { code, detail: "Because.", errors } })
          : shown(made);
      expect(await problemOf(await replay(stage, {}))).toMatchObject({ code, detail: "Because.", errors });
    },
  );

  test("is not made of a sandbox that was started anew meanwhile", async () => {
    const restarted = await createLogStage();
    const { deployment, host, id } = restarted;
    host.respondToLogCall = async ({ call: made }) => {
      if (made.endsWith("/replays")) throw new Error("replayed");
      await host.detach(id, host.guests.get(id) ?? createGeneration());
      return Response.json({ request: SHOWN });
    };
    expect(await problemOf(await replay(restarted, {}))).toMatchObject({ code: "sandbox_not_found" });
    expect((await deployment.call("GET", `sandboxes/${id}/requests`)).status).toBe(404);
  });
});
