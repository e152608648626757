import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { countingIsolate, Deployment, fetchEdge } from "../../worker/deployment.ts";

const NOW_MS = 1_800_000_000_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function floodPorts(id: string, ports: number, requestsPerPort: number) {
  const { isolate, calls } = countingIsolate();
  let admitted = 0;
  for (let round = 0; round < requestsPerPort; round++)
    for (let port = 3000; port < 3000 + ports; port++) {
      const { status } = await fetchEdge(`https://${port}-${id}.example.com/`, {}, isolate);
      if (status !== 429) admitted++;
    }
  return { admitted, calls: calls.filter((call) => call === "SANDBOX.getByName").length };
}

describe("a sandbox's limit", () => {
  test("admits 320 of 2 000 requests for 200 ports in one instant, and not all of them", async () => {
    const { id } = await (await Deployment.create()).attachSandbox();
    const { admitted, calls } = await floodPorts(id, 200, 10);
    expect(admitted).toBe(320);
    expect(calls).toBeLessThanOrEqual(321);
  });

  test("is for links and ports together", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    await floodPorts(id, 200, 2);
    vi.setSystemTime(NOW_MS + 1_500);
    const { url } = await deployment.mintLink(id, { port: 80 });
    expect((await fetchEdge(url)).status).toBe(200);
    await floodPorts(id, 200, 1);
    expect((await fetchEdge(url)).status).toBe(429);
  });

  test("does not limit one hostname below its own limit", async () => {
    const { id } = await (await Deployment.create()).attachSandbox();
    expect((await floodPorts(id, 1, 12)).admitted).toBe(10);
    vi.setSystemTime(NOW_MS + 1_000);
    expect((await floodPorts(id, 1, 12)).admitted).toBe(1);
  });

  test("is 32 times the org's own limit where that is raised", async () => {
    const { id } = await (await Deployment.create({ per_second: 2, burst: 20 })).attachSandbox();
    expect((await floodPorts(id, 100, 8)).admitted).toBe(640);
  });
});
