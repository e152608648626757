import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Generation } from "../../../shared/generation.ts";
import { API, countingIsolate, createGeneration, Deployment, environment, fetchEdge } from "../deployment.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

interface Page {
  readonly ids: string[];
  readonly next: string | undefined;
}

async function pageOf(response: Response): Promise<Page> {
  expect(response.status).toBe(200);
  const sandboxes = (await response.json()) as { id: string }[];
  const [, url] = /^<([^>]+)>; rel="next"$/.exec(response.headers.get("link") ?? "") ?? [];
  return { ids: sandboxes.map(({ id }) => id), next: url };
}

/** A workspace with many sandboxes, attached without their host's calls. */
async function createFleet(count: number): Promise<{ deployment: Deployment; ids: string[] }> {
  const deployment = await Deployment.create({ per_second: 1000, burst: 1000 });
  const { workspace, host } = deployment;
  const ids = Array.from({ length: count }, () => crypto.randomUUID()).toSorted();
  for (let start = 0; start < count; start += 50) {
    await Promise.all(ids.slice(start, start + 50).map((id) => attach(id)));
  }
  return { deployment, ids };

  async function attach(id: string): Promise<void> {
    const generation = createGeneration();
    const membership = await environment.WORKSPACE.getByName(workspace).addSandbox(workspace, id, generation);
    const offer = {
      ...membership,
      hostId: host.id,
      origin: host.origin,
      generation,
      ports: [],
    };
    await environment.SANDBOX.getByName(id).attach(id, offer as never);
  }
}

describe("GET /v1/sandboxes", () => {
  test("walks a large workspace by its next links, each sandbox once and in order", async () => {
    const { deployment, ids } = await createFleet(230);
    const pages: Page[] = [];
    let next: string | undefined = `${API}/v1/sandboxes`;
    while (next !== undefined) {
      const page: Page = await pageOf(await fetchEdge(next, { token: deployment.token }));
      pages.push(page);
      next = page.next;
    }
    expect(pages.map((page) => page.ids.length)).toEqual([100, 100, 30]);
    expect(pages.flatMap((page) => page.ids)).toEqual(ids);
  });

  test("costs as many object calls as its page is long, and few more", async () => {
    const { deployment } = await createFleet(60);
    const { isolate, calls } = countingIsolate();
    await fetchEdge(`${API}/v1/sandboxes?limit=20`, { token: deployment.token }, isolate);
    expect(calls.filter((call) => call.startsWith("SANDBOX"))).toHaveLength(20);
    expect(calls.length).toBeLessThan(25);
  });

  test.each([
    ["as many as there are", "?limit=3", [0, 3], false],
    ["one fewer", "?limit=2", [0, 2], true],
    ["one more", "?limit=4", [0, 3], false],
    ["the most", "?limit=500", [0, 3], false],
    ["after the first", "?cursor={0}", [1, 3], false],
    ["one after the first", "?cursor={0}&limit=1", [1, 2], true],
    ["after the last", "?cursor={2}", [3, 3], false],
    ["after one that is gone", "?cursor=00000000-0000-0000-0000-000000000000", [0, 3], false],
  ] as const)("gives %s: %s", async (_title, query, [from, to], more) => {
    const { deployment, ids } = await createFleet(3);
    const filled = query.replaceAll(/\{(\d)\}/g, (_braces, index: string) => ids[Number(index)] ?? "");
    const page = await pageOf(await deployment.call("GET", `sandboxes${filled}`));
    expect(page.ids).toEqual(ids.slice(from, to));
    expect(page.next !== undefined).toBe(more);
  });

  test("goes on after a page whose sandboxes have all stopped", async () => {
    const { deployment, ids } = await createFleet(3);
    const { generation } = (await (await deployment.call("GET", `sandboxes/${ids[0]}`)).json()) as {
      generation: Generation;
    };
    await environment.SANDBOX.getByName(ids[0] ?? "").detach(deployment.host.id, generation);
    const first = await pageOf(await deployment.call("GET", "sandboxes?limit=1"));
    expect(first.ids).toEqual([]);
    const second = await pageOf(await fetchEdge(first.next ?? "", { token: deployment.token }));
    expect(second.ids).toEqual([ids[1]]);
  });
});
