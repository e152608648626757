import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LocalServer } from "../../../../connector/metrics/create-local-server.ts";
import { createLocalServer } from "../../../../connector/metrics/create-local-server.ts";
import type { Status } from "../../../../shared/protocol/control-api.ts";

let server: LocalServer;
let status: Status;
const failures: unknown[] = [];

beforeEach(async () => {
  const usableUntilMs = Date.now() + 60_000;
  status = {
    ...{ hostId: "host-1", instance: "i", version: "1" },
    edge: { heardAtMs: Date.now() },
    keys: { fetchedAtMs: Date.now(), usableUntilMs },
  };
  server = await createLocalServer({
    host: "127.0.0.1",
    port: 0,
    status: () => status,
    takeSnapshot: () => Promise.reject(new Error("a relay does not respond")),
    onFailure: (error) => failures.push(error),
  });
});
afterEach(() => server.close());

async function get(path: string, method = "GET"): Promise<[number, string]> {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
  return [response.status, await response.text()];
}

describe("createLocalServer()", () => {
  test("is healthy while it responds, and ready while it has keys and the edge has heard it", async () => {
    expect(await get("/healthz")).toEqual([200, "the process runs\n"]);
    expect(await get("/readyz")).toEqual([200, "ready\n"]);
    status = { ...status, keys: { failure: "no route" }, edge: { failure: "clock" } };
    const [code, reasons] = await get("/readyz");
    expect([code, reasons.split("\n")]).toEqual([
      503,
      ["no keys of the edge: no route", "not heard by the edge: clock", ""],
    ]);
    expect((await get("/healthz"))[0]).toBe(200);
  });

  test("serves no metrics while a relay does not respond, and nothing else than GET of three paths", async () => {
    expect((await get("/metrics"))[0]).toBe(503);
    expect(failures).toEqual([new Error("a relay does not respond")]);
    expect((await get("/metrics", "POST"))[0]).toBe(405);
    expect((await get("/stats"))[0]).toBe(404);
  });
});
