import { afterEach, describe, expect, test, vi } from "vitest";
import { Sandbox } from "../../../worker/objects/sandbox.ts";
import { Workspace } from "../../../worker/objects/workspace.ts";
import { Deployment, fetchEdge, freshIsolate } from "../../worker/deployment.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** As Cloudflare marks errors of calls that did not reach their object, or that it could not take. */
function failure(marks: { retryable?: boolean; overloaded?: boolean }): Error {
  return Object.assign(new Error("object restarted"), marks);
}

describe("an object that restarts, as it does at each deploy", () => {
  test("costs a visitor nothing: the call is made once more", async () => {
    const { id } = await (await Deployment.create()).attachSandbox();
    const admit = vi.spyOn(Sandbox.prototype, "admit").mockRejectedValueOnce(failure({ retryable: true }));
    expect((await fetchEdge(`https://80-${id}.example.com/`, {}, freshIsolate())).status).toBe(200);
    expect(admit).toHaveBeenCalledTimes(2);
  });

  test("costs a caller of the API nothing either", async () => {
    const deployment = await Deployment.create();
    const list = vi.spyOn(Workspace.prototype, "listSandboxes").mockImplementationOnce(() => {
      throw failure({ retryable: true });
    });
    expect((await deployment.call("GET", "sandboxes")).status).toBe(200);
    expect(list).toHaveBeenCalledTimes(2);
  });

  test("is called no third time", async () => {
    const { id } = await (await Deployment.create()).attachSandbox();
    const admit = vi.spyOn(Sandbox.prototype, "admit").mockRejectedValue(failure({ retryable: true }));
    expect((await fetchEdge(`https://80-${id}.example.com/`, {}, freshIsolate())).status).toBe(503);
    expect(admit).toHaveBeenCalledTimes(2);
  });

  test("is not called again where it is overloaded, or the error is of another kind", async () => {
    const { id } = await (await Deployment.create()).attachSandbox();
    for (const marks of [{ retryable: true, overloaded: true }, {}]) {
      const admit = vi.spyOn(Sandbox.prototype, "admit").mockRejectedValueOnce(failure(marks));
      expect((await fetchEdge(`https://80-${id}.example.com/`, {}, freshIsolate())).status).toBe(503);
      expect(admit).toHaveBeenCalledTimes(1);
      admit.mockRestore();
    }
  });
});
