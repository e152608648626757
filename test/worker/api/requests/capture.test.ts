import { afterEach, describe, expect, test, vi } from "vitest";
import { EDGE_TIME_HEADER } from "../../../../shared/protocol/headers.ts";
import { MAX_MASKED_NAMES } from "../../../../shared/protocol/request-log.ts";
import { fetchEdge, freshIsolate, problemOf } from "../../deployment.ts";
import type { LogStage } from "./log-host.ts";
import { createLogStage, SHOWN } from "./log-host.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

function capture({ deployment, id }: LogStage, body: unknown, method = "PUT"): Promise<Response> {
  return deployment.call(method, `sandboxes/${id}/ports/3000/capture`, body);
}

async function listed({ deployment, id }: LogStage): Promise<unknown> {
  const { ports } = (await (await deployment.call("GET", `sandboxes/${id}/ports`)).json()) as {
    ports: { port: number; capture: unknown }[];
  };
  return ports.find(({ port }) => port === 3000)?.capture;
}

/** The fields that the edge has the host mask for the port. */
async function masks({ deployment, host, id }: LogStage): Promise<unknown> {
  await deployment.call("GET", `sandboxes/${id}/requests/${SHOWN.id}`);
  const sent = host.logCalls.at(-1)?.body as { masks: { port: number; names: string[] }[] } | undefined;
  return sent?.masks.find(({ port }) => port === 3000)?.names;
}

/** What a visit by an isolate that knows nothing says to the host. */
async function visit({ host, id }: LogStage, headers: Record<string, string> = {}) {
  const url = `https://3000-${id}.example.com/`;
  const response = await fetchEdge(url, { headers }, freshIsolate());
  expect(response.status).toBe(200);
  const { terms } = (await response.json()) as { terms?: { capture?: string } };
  return { capture: terms?.capture, edgeMs: host.requests.at(-1)?.headers.get(EDGE_TIME_HEADER) };
}

describe("putCapture", () => {
  test.each([
    ["{", "/"],
    [[], "/"],
    [{ bodies: "true" }, "/bodies"],
    [{ bodies: null }, "/bodies"],
    [{ mask: "x-a" }, "/mask"],
    [{ mask: ["x a"] }, "/mask/0"],
    [{ mask: ["x-a", ""] }, "/mask/1"],
    [{ mask: ["a".repeat(65)] }, "/mask/0"],
    [{ mask: Array.from({ length: MAX_MASKED_NAMES + 1 }, (_, index) => `x-${index}`) }, "/mask"],
    [{ unknown: true }, "/unknown"],
  ])("refuses case %# by its name", async (body, path) => {
    const stage = await createLogStage();
    const response = await capture(stage, body);
    const problem = await problemOf(response);
    expect(problem).toMatchObject({ status: 400, code: "request_invalid" });
    if (body !== "{") expect(problem.errors).toMatchObject([{ path }]);
    expect(await listed(stage)).toBeNull();
  });

  test("keeps what is not named, takes a mask in any case, and is over once it is deleted", async () => {
    const stage = await createLogStage();
    expect(await (await capture(stage, {})).json()).toEqual({ port: 3000, bodies: false, mask: [] });
    await capture(stage, { mask: ["X-Key", "x-key"] });
    expect(await (await capture(stage, { bodies: true })).json()).toEqual({
      port: 3000,
      bodies: true,
      mask: ["x-key"],
    });
    expect(await listed(stage)).toEqual({ bodies: true, mask: ["x-key"] });
    for (const _ of [1, 2]) expect((await capture(stage, undefined, "DELETE")).status).toBe(204);
    expect(await listed(stage)).toBeNull();
  });

  test("is said to the host by the pass, with the time at the edge, which no visitor can say", async () => {
    const stage = await createLogStage();
    expect((await visit(stage)).capture).toBeUndefined();
    await capture(stage, {});
    const forged = await visit(stage, { [EDGE_TIME_HEADER]: "99999" });
    expect(forged.capture).toBe("heads");
    expect(Number(forged.edgeMs)).toBeLessThan(10_000);
    await capture(stage, { bodies: true });
    expect((await visit(stage)).capture).toBe("bodies");
    await capture(stage, undefined, "DELETE");
    expect((await visit(stage)).capture).toBeUndefined();
  });
});

describe("a port's mask", () => {
  test("holds for what was kept after the capture has ended, or the port was reset", async () => {
    const stage = await createLogStage();
    await capture(stage, { mask: ["x-key"] });
    expect(await masks(stage)).toEqual(["x-key"]);
    await capture(stage, undefined, "DELETE");
    expect(await masks(stage)).toEqual(["x-key"]);
    await capture(stage, { bodies: true });
    expect(await listed(stage), "as it was not named").toEqual({ bodies: true, mask: ["x-key"] });
    await stage.deployment.call("DELETE", `sandboxes/${stage.id}/ports/3000`);
    expect(await listed(stage)).toBeNull();
    expect(await masks(stage)).toEqual(["x-key"]);
  });

  test("is replaced by one that is named, also by none", async () => {
    const stage = await createLogStage();
    await capture(stage, { mask: ["x-key"] });
    await capture(stage, undefined, "DELETE");
    await capture(stage, { mask: ["x-other"] });
    expect(await masks(stage)).toEqual(["x-other"]);
    await capture(stage, { mask: [] });
    expect(await masks(stage)).toBeUndefined();
  });
});
