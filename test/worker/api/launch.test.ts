import { afterEach, describe, expect, test, vi } from "vitest";
import { chooseLauncherHost } from "../../../worker/api/launch/choose-launcher-host.ts";
import { ADMIN_TOKEN, API, Deployment, environment, fetchEdge, problemOf } from "../deployment.ts";

afterEach(() => vi.restoreAllMocks());

/** A deployment whose host has a launcher; `respond` is its connector. */
async function createDeployment(respond: (request: Request) => Promise<Response>): Promise<Deployment> {
  const deployment = await Deployment.create();
  const { id, origin } = deployment.host;
  const record = await environment.HOST.getByName(id).read();
  const body = { origin, public_key: record?.publicKey, launches: true };
  await fetchEdge(`${API}/v1/admin/hosts/${id}`, { method: "PUT", token: ADMIN_TOKEN, body });
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) =>
    respond(new Request(input as Request, init)),
  );
  return deployment;
}

/** Never responds, until the request is aborted. */
function waitForAbort({ signal }: Request): Promise<Response> {
  return new Promise((_resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
  });
}

/** Lets every time limit end at once. @returns the limits */
function endTimeLimits(): number[] {
  const limitsMs: number[] = [];
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    limitsMs.push(ms);
    return AbortSignal.abort(new DOMException("time is over", "TimeoutError"));
  });
  return limitsMs;
}

describe("a host that does not respond", () => {
  test.each([
    ["launching", 120_000, "POST", () => "sandboxes", { template: "vite" }],
    ["ending", 60_000, "DELETE", (id: string) => `sandboxes/${id}`, undefined],
  ] as const)("is given up while %s after %i ms", async (_what, timeoutMs, method, path, body) => {
    const deployment = await createDeployment(waitForAbort);
    const { id } = await deployment.attachSandbox();
    const limitsMs = endTimeLimits();
    const problem = await problemOf(await deployment.call(method, path(id), body));
    expect(problem).toMatchObject({ status: 502, code: "host_unreachable" });
    expect(limitsMs).toContain(timeoutMs);
  });
});

describe("deleteSandbox", () => {
  test("calls the host again where its launcher failed", async () => {
    const calls: string[] = [];
    const deployment = await createDeployment(async ({ method, url }) => {
      calls.push(`${method} ${new URL(url).pathname}`);
      return Response.json({ error: "launcher busy" }, { status: 502 });
    });
    const { id } = await deployment.attachSandbox();
    for (const _try of ["first", "second"]) {
      expect((await deployment.call("DELETE", `sandboxes/${id}`)).status).toBe(502);
    }
    expect(calls).toEqual([`DELETE /sandboxes/${id}`, `DELETE /sandboxes/${id}`]);
  });
});

describe("chooseLauncherHost()", () => {
  test.each([
    [0, "launcher-a"],
    [0.5, "launcher-c"],
    [0.99, "launcher-c"],
  ])("with %f starts at that place of the list, and passes over a removed host", async (draw, id) => {
    const { keys } = await environment.POLICY.list({ prefix: "launcher-host:" });
    await Promise.all(keys.map(({ name }) => environment.POLICY.delete(name)));
    const public_key = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
    for (const name of ["launcher-a", "launcher-b", "launcher-c"]) {
      const body = { origin: `https://${name}.test`, public_key, launches: true };
      await fetchEdge(`${API}/v1/admin/hosts/${name}`, { method: "PUT", token: ADMIN_TOKEN, body });
    }
    await environment.HOST.getByName("launcher-b").remove();
    expect(await chooseLauncherHost(environment, "ws", () => draw)).toMatchObject({ id });
  });
});
