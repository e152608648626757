import { afterEach, describe, expect, test, vi } from "vitest";
import { ADMIN_TOKEN, API, ask, Deployment, environment, problemOf } from "./deployment.ts";

afterEach(() => vi.restoreAllMocks());

/** A deployment whose host has a launcher, and answers calls for sandboxes like this. */
async function createDeployment(answer: (request: Request) => Promise<Response>): Promise<Deployment> {
  const deployment = await Deployment.create();
  const { id, origin } = deployment.host;
  const record = await environment.HOST.getByName(id).read();
  const body = { origin, public_key: record?.publicKey, launches: true };
  await ask(`${API}/v1/admin/hosts/${id}`, { method: "PUT", token: ADMIN_TOKEN, body });
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) =>
    answer(new Request(input as Request, init)),
  );
  return deployment;
}

/** Never answers, and is given up when the call's time is over: at once here. */
function hang({ signal }: Request): Promise<Response> {
  return new Promise((_resolve, reject) => {
    const giveUp = (): void => reject(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp);
  });
}

function hurry(): number[] {
  const waits: number[] = [];
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    waits.push(ms);
    return AbortSignal.abort(new DOMException("time is over", "TimeoutError"));
  });
  return waits;
}

describe("a host that does not answer", () => {
  test.each([
    ["launching", 120_000, "POST", () => "sandboxes", { template: "vite" }],
    ["ending", 60_000, "DELETE", (id: string) => `sandboxes/${id}`, undefined],
  ] as const)("is given up while %s after %i ms", async (_what, waitMs, method, path, body) => {
    const deployment = await createDeployment(hang);
    const { id } = await deployment.launch();
    const waits = hurry();
    const problem = await problemOf(await deployment.call(method, path(id), body));
    expect(problem).toMatchObject({ status: 502, code: "host_unreachable" });
    expect(waits).toContain(waitMs);
  });
});

describe("deleteSandbox", () => {
  test("asks the host again where its launcher failed", async () => {
    const asked: string[] = [];
    const deployment = await createDeployment(async ({ method, url }) => {
      asked.push(`${method} ${new URL(url).pathname}`);
      return Response.json({ error: "launcher busy" }, { status: 502 });
    });
    const { id } = await deployment.launch();
    for (const _try of ["first", "second"]) {
      expect((await deployment.call("DELETE", `sandboxes/${id}`)).status).toBe(502);
    }
    expect(asked).toEqual([`DELETE /sandboxes/${id}`, `DELETE /sandboxes/${id}`]);
  });
});
