import { afterEach, describe, expect, test, vi } from "vitest";
import { PORT_CALL_TIMEOUT_MS } from "../../../../worker/api/calls/ports/call-sandbox-host.ts";
import { API, connect, Deployment, FakeHost, fetchEdge, problemOf } from "../../deployment.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const STREAM = 'event: port\ndata: {"port":3000,"open":true}\n\nevent: ready\ndata: {}\n\n';

/** A host that responds to calls about a guest's ports. */
class PortHost extends FakeHost {
  readonly portCalls: string[] = [];
  respondToPortCall: (request: Request) => Response | Promise<Response> = () => new Response(STREAM);

  override async respond(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    if (!pathname.startsWith("/guests/")) return super.respond(request);
    this.portCalls.push(`${request.method} ${pathname}${search}`);
    return this.respondToPortCall(request);
  }
}

async function createDeployment(): Promise<{ deployment: Deployment; host: PortHost; id: string }> {
  const deployment = await Deployment.create();
  const host = new PortHost();
  await host.enrol();
  connect(deployment.host, host);
  const id = crypto.randomUUID();
  await host.attach(deployment.workspace, id, `${Date.now()}-aaaaaaaa` as never);
  return { deployment, host, id };
}

describe("watchPorts", () => {
  test("returns the host's stream as it is", async () => {
    const { deployment, host, id } = await createDeployment();
    const response = await deployment.call("GET", `sandboxes/${id}/ports/events`);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("ratelimit")).not.toBeNull();
    expect(await response.text()).toBe(STREAM);
    await (await deployment.call("GET", `sandboxes/${id}/ports/events?dial=3000`)).body?.cancel();
    expect(host.portCalls).toEqual([
      `GET /guests/${id}/port-events`,
      `GET /guests/${id}/port-events?dial=3000`,
    ]);
  });

  test.each([
    ["dial=0", "request_invalid"],
    ["dial=65536", "request_invalid"],
    ["dial=x", "request_invalid"],
    ["port=3000", "request_invalid"],
  ])("refuses ?%s with %s, and calls no host", async (query, code) => {
    const { deployment, host, id } = await createDeployment();
    const response = await deployment.call("GET", `sandboxes/${id}/ports/events?${query}`);
    expect(await problemOf(response)).toMatchObject({ code });
    expect(host.portCalls).toEqual([]);
  });

  test.each([
    [404, "sandbox_not_found"],
    [503, "too_many_connections"],
    [501, "host_unreachable"],
    [302, "host_unreachable"],
  ])("makes a host's %i a %s", async (status, code) => {
    const { deployment, host, id } = await createDeployment();
    host.respondToPortCall = () => new Response("{}", { status });
    const response = await deployment.call("GET", `sandboxes/${id}/ports/events`);
    expect(await problemOf(response)).toMatchObject({ code });
  });

  test("gives up on a host that does not respond", async () => {
    const { deployment, host, id } = await createDeployment();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    host.respondToPortCall = ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("aborted")));
        vi.advanceTimersByTime(PORT_CALL_TIMEOUT_MS);
      });
    const response = await deployment.call("GET", `sandboxes/${id}/ports/events`);
    expect(await problemOf(response)).toMatchObject({ status: 502, code: "host_unreachable" });
  });

  test("refuses a sandbox of another workspace", async () => {
    const { deployment, host, id } = await createDeployment();
    const other = await deployment.createWorkspace(`other-${id.slice(0, 8)}`);
    const response = await deployment.call("GET", `sandboxes/${id}/ports/events`, undefined, other);
    expect(await problemOf(response)).toMatchObject({ code: "sandbox_not_found" });
    expect(host.portCalls).toEqual([]);
  });
});

describe("createPreviewToken with verify", () => {
  const mint = (deployment: Deployment, id: string, body: object): Promise<Response> =>
    deployment.call("POST", `sandboxes/${id}/preview-token`, { port: 3000, ...body });

  test("mints where the host could connect", async () => {
    const { deployment, host, id } = await createDeployment();
    host.respondToPortCall = async (request) => {
      expect(await request.json()).toEqual({ port: 3000 });
      return Response.json({ open_ports: [3000] });
    };
    expect((await mint(deployment, id, { verify: true })).status).toBe(200);
    expect(host.portCalls).toEqual([`POST /guests/${id}/dial`]);
  });

  test.each([
    [
      { refusal: "port_closed", open_ports: [8080] },
      { code: "port_closed", open_ports: [8080] },
    ],
    [{ refusal: "port_reserved", open_ports: [] }, { code: "port_reserved" }],
    [{ refusal: "unknown_code", open_ports: [] }, { code: "host_unreachable" }],
    [{ open_ports: "many" }, { code: "host_unreachable" }],
  ])("refuses where the host responds %j", async (dialled, problem) => {
    const { deployment, host, id } = await createDeployment();
    host.respondToPortCall = () => Response.json(dialled);
    expect(await problemOf(await mint(deployment, id, { verify: true }))).toMatchObject(problem);
  });

  test("calls no host where it is not asked for", async () => {
    const { deployment, host, id } = await createDeployment();
    expect((await mint(deployment, id, {})).status).toBe(200);
    expect(host.portCalls).toEqual([]);
  });
});

describe("allowBrowsers()", () => {
  test("lets a page of any origin call with a token, and read what a client needs", async () => {
    const headers = {
      origin: "https://dashboard.test",
      "access-control-request-method": "PUT",
      "access-control-request-headers": "authorization,content-type",
    };
    const preflight = await fetchEdge(`${API}/v1/sandboxes/x/ports/3000`, { method: "OPTIONS", headers });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
    expect(preflight.headers.get("access-control-allow-methods")).toContain("PUT");
    expect(preflight.headers.get("access-control-allow-headers")).toContain("authorization");
    expect(preflight.headers.get("access-control-allow-credentials")).toBeNull();
  });

  test.each([
    ["a response", "sandboxes", 200],
    ["a refusal", "sandboxes/unknown", 404],
    ["an unknown path", "nothing", 404],
  ])("holds for %s", async (_what, path, status) => {
    const { deployment } = await createDeployment();
    const response = await deployment.call("GET", path);
    expect(response.status).toBe(status);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-expose-headers")).toContain("retry-after");
    await response.body?.cancel();
  });
});
