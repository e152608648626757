import { evictDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Environment } from "../../../worker/environment.ts";
import {
  countingIsolate,
  Deployment,
  environment,
  fetchEdge,
  freshIsolate,
  problemOf,
} from "../deployment.ts";

const NOW_MS = 1_800_000_000_000;
const CLIENT = "192.0.2.7";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function elapse(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

type Fields = Record<string, string>;
const NAVIGATION: Fields = {
  "sec-fetch-site": "none",
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
};
const MODULE: Fields = {
  "sec-fetch-site": "same-origin",
  "sec-fetch-mode": "cors",
  "sec-fetch-dest": "script",
};

/** Sends requests with these fields, from one client. */
function send(
  url: string,
  fields: Fields,
  isolate: Environment = environment,
  client = CLIENT,
): Promise<Response> {
  return fetchEdge(url, { headers: { "cf-connecting-ip": client, ...fields } }, isolate);
}

/** A navigation, then the page's own requests, as many at once as there are. @returns the statuses that are not 200 */
async function load(
  url: string,
  requests: number,
  isolate?: Environment,
  client?: string,
): Promise<number[]> {
  const statuses = [(await send(url, NAVIGATION, isolate, client)).status];
  const modules = Array.from({ length: requests - 1 }, (_, index) =>
    send(`${url}m${index}.js`, MODULE, isolate, client),
  );
  for (const response of await Promise.all(modules)) statuses.push(response.status);
  return statuses.filter((status) => status !== 200);
}

async function createPreview(limit?: { per_second: number; burst: number; page_requests?: number }) {
  const deployment = await Deployment.create(limit);
  const { id, generation } = await deployment.attachSandbox();
  return { deployment, id, generation, url: `https://3000-${id}.example.com/` };
}

describe("a page at the default limit", () => {
  test.each([
    [21, 1],
    [51, 1],
    [52, 2],
    [70, 2],
    [135, 3],
    [300, 6],
  ])("of %i requests loads whole, and costs %i object calls", async (requests, shares) => {
    const { url } = await createPreview();
    const { isolate, calls } = countingIsolate();
    expect(await load(url, requests, isolate)).toEqual([]);
    expect(calls.filter((call) => call === "SANDBOX.getByName")).toHaveLength(shares);
    expect(calls.every((call) => call.startsWith("SANDBOX"))).toBe(true);
  });

  test.each(["public", "link"])("is reloaded five times by its %s URL", async (flavour) => {
    const { deployment, id, url } = await createPreview();
    const link = `${(await deployment.mintLink(id, { port: 3000 })).url}/`;
    for (let count = 0; count < 6; count++) {
      expect(await load(flavour === "link" ? link : url, 135)).toEqual([]);
      elapse(1_000);
    }
  });

  test("takes no more of the pages' budget than it requests, however often it is reloaded", async () => {
    const { url } = await createPreview();
    for (let count = 0; count < 8; count++) expect(await load(url, 45)).toEqual([]);
    // 352 of 400 are spent: shares of 50 that were lost each time would be 400.
    expect((await load(url, 45)).length).toBeLessThanOrEqual(1);
  });

  test("asks for little more than it uses, where it polls", async () => {
    const { url } = await createPreview();
    const { isolate, calls } = countingIsolate();
    expect(await load(url, 21, isolate)).toEqual([]);
    for (let count = 0; count < 300; count++) {
      elapse(1_000);
      expect((await send(url, MODULE, isolate)).status).toBe(200);
    }
    expect(calls.length, "a call in four seconds").toBeLessThanOrEqual(1 + 300 / 4 + 1);
  });

  test("loads whole through as many isolates as its visit has shares", async () => {
    const { url } = await createPreview();
    const isolates = Array.from({ length: 6 }, () => freshIsolate());
    const statuses = [(await send(url, NAVIGATION, isolates[0])).status];
    for (let count = 0; count < 134; count++)
      statuses.push((await send(url, MODULE, isolates[count % 6])).status);
    expect(statuses.every((status) => status === 200)).toBe(true);
  });

  test("costs the limit one request: nine more of any other kind are admitted", async () => {
    const { url } = await createPreview();
    expect(await load(url, 135)).toEqual([]);
    const statuses: number[] = [];
    for (let count = 0; count < 10; count++) statuses.push((await send(url, {})).status);
    expect(statuses).toEqual([...Array<number>(9).fill(200), 429]);
  });

  test("still loads its modules once the hostname's limit is spent, by that client alone", async () => {
    const { url } = await createPreview();
    expect((await send(url, NAVIGATION)).status).toBe(200);
    for (let count = 0; count < 20; count++) await send(url, {}, environment, "192.0.2.99");
    expect((await send(url, MODULE)).status).toBe(200);
    expect((await send(url, MODULE, freshIsolate())).status).toBe(200);
    expect((await send(url, MODULE, environment, "192.0.2.8")).status).toBe(429);
  });

  test("is one client's from any address of a /64", async () => {
    const { url } = await createPreview();
    expect((await send(url, NAVIGATION, environment, "2001:db8:1:2::1")).status).toBe(200);
    for (let count = 0; count < 20; count++) await send(url, {});
    expect((await send(url, MODULE, freshIsolate(), "2001:db8:1:2:ffff::9")).status).toBe(200);
    expect((await send(url, MODULE, freshIsolate(), "2001:db8:1:3::1")).status).toBe(429);
  });

  test("is refused beyond its visit and the hostname's limit, and says by which budgets", async () => {
    const { url } = await createPreview();
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    const isolate = freshIsolate({ LOG_SAMPLE_RATE: "1" });
    const responses = [await send(url, NAVIGATION, isolate)];
    for (let count = 0; count < 350; count++) responses.push(await send(url, MODULE, isolate));
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1 + 300 + 9);
    const refused = responses.at(-1)!;
    expect(refused.headers.get("ratelimit-policy")).toBe('"default";q=10;w=10, "page";q=300;w=60');
    expect(refused.headers.get("ratelimit")).toBe('"default";r=0;t=1, "page";r=0;t=1');
    expect(refused.headers.get("retry-after")).toBe("1");
    const lines = log.mock.calls.map(
      ([line]) => line as { code?: string; budget?: string; pageBudget?: string },
    );
    const logged = lines.find(({ code }) => code === "rate_limited");
    expect(logged).toMatchObject({ budget: "default", pageBudget: "page" });
  });

  test("fills its visit by five a second, and at once by a navigation", async () => {
    const { url } = await createPreview({ per_second: 0.01, burst: 2 });
    const countAdmitted = async (requests: number) => {
      let admitted = 0;
      for (let count = 0; count < requests; count++)
        if ((await send(url, MODULE)).status === 200) admitted += 1;
      return admitted;
    };
    expect((await send(url, NAVIGATION)).status).toBe(200);
    expect(await countAdmitted(400), "the visit, and what is left of the limit").toBe(301);
    elapse(2_000);
    expect(await countAdmitted(400)).toBe(10);
    elapse(100_000);
    expect((await send(url, NAVIGATION)).status).toBe(200);
    expect(await countAdmitted(400)).toBe(300);
  });

  test("goes on where the object has lost its memory: an admitted request opens the visit", async () => {
    const { id, url } = await createPreview();
    expect(await load(url, 21)).toEqual([]);
    elapse(60_000);
    await evictDurableObject(environment.SANDBOX.getByName(id));
    const isolate = freshIsolate();
    const statuses = await Promise.all(Array.from({ length: 100 }, () => send(url, MODULE, isolate)));
    expect(statuses.every(({ status }) => status === 200)).toBe(true);
    for (let count = 0; count < 9; count++) expect((await send(url, {})).status).toBe(200);
    expect((await send(url, {})).status, "one permit was paid").toBe(429);
  });

  test("has a visit for 30 minutes after its last request, and not longer", async () => {
    const { url } = await createPreview({ per_second: 0.01, burst: 1 });
    expect((await send(url, NAVIGATION, freshIsolate())).status).toBe(200);
    elapse(29 * 60_000);
    for (let count = 0; count < 18; count++) await send(url, {}, freshIsolate());
    expect((await send(url, MODULE, freshIsolate())).status).toBe(200);
    elapse(30 * 60_000 - 1);
    await send(url, {}, freshIsolate());
    expect((await send(url, MODULE, freshIsolate())).status).toBe(200);
    elapse(30 * 60_000);
    await send(url, {}, freshIsolate());
    expect((await send(url, MODULE, freshIsolate())).status).toBe(429);
  });

  test("may reconnect its WebSockets, whose handshakes say Origin alone", async () => {
    const { id, url } = await createPreview();
    expect((await send(url, NAVIGATION)).status).toBe(200);
    const upgrade = (origin: string) => send(url, { upgrade: "websocket", origin });
    for (let count = 0; count < 40; count++)
      expect((await upgrade(`https://3000-${id}.example.com`)).status).toBe(200);
    for (let count = 0; count < 40; count++)
      expect((await upgrade(`https://5173-${id}.example.com`)).status).toBe(200);
    const foreign: number[] = [];
    for (let count = 0; count < 12; count++) foreign.push((await upgrade("https://example.org")).status);
    expect(foreign.filter((status) => status === 200)).toHaveLength(9);
  });

  test("may call another port of its sandbox, and not another sandbox's", async () => {
    const { deployment, id } = await createPreview();
    const api = `https://8000-${id}.example.com/`;
    const cors = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" };
    const fetchFrom = (origin: string) => send(api, { ...cors, origin });
    for (let count = 0; count < 60; count++)
      expect((await fetchFrom(`https://3000-${id}.example.com`)).status).toBe(200);
    const other = await deployment.attachSandbox();
    const statuses: number[] = [];
    for (let count = 0; count < 12; count++)
      statuses.push((await fetchFrom(`https://3000-${other.id}.example.com`)).status);
    expect(
      statuses.filter((status) => status === 200),
      "one was paid by the page",
    ).toHaveLength(9);
  });
});

describe("a limit without requests of a page", () => {
  test("counts each request", async () => {
    const { url } = await createPreview({ per_second: 1, burst: 10, page_requests: 0 });
    expect(await load(url, 30)).toEqual(Array(20).fill(429));
  });

  test("costs no more object calls than requests that no page makes", async () => {
    const countCalls = async (fields: Fields) => {
      const { url } = await createPreview({ per_second: 100, burst: 200, page_requests: 0 });
      const { isolate, calls } = countingIsolate();
      await send(url, NAVIGATION, isolate);
      for (let count = 0; count < 300; count++) {
        elapse(5);
        await send(url, fields, isolate);
      }
      return calls.length;
    };
    expect(await countCalls(MODULE)).toBe(await countCalls({}));
  });

  test("ends visits that are open, within 5 s", async () => {
    const { deployment, url } = await createPreview();
    expect(await load(url, 21)).toEqual([]);
    const strict = { per_second: 1, burst: 10, page_requests: 0 };
    const changed = await deployment.call(
      "PUT",
      `orgs/${deployment.org}/rate-limit`,
      strict,
      deployment.orgToken,
    );
    expect(await changed.json()).toMatchObject(strict);
    elapse(5_000);
    expect(await load(url, 30)).toEqual(Array(20).fill(429));
  });
});

describe("requests that no page makes", () => {
  test.each<[string, Fields]>([
    ["curl", {}],
    ["a script on another site", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }],
    [
      "a script of the same site",
      { "sec-fetch-site": "same-site", "sec-fetch-mode": "cors", origin: "https://www.example.com" },
    ],
    ["a bookmark's fetch", { "sec-fetch-site": "none", "sec-fetch-mode": "cors" }],
    ["a WebSocket of another site", { upgrade: "websocket", origin: "https://example.org" }],
    ["a request with its own Origin and no Sec-Fetch", { origin: "https://3000-{id}.example.com" }],
  ])("of %s pay each: the eleventh is refused", async (_title, fields) => {
    const { id, url } = await createPreview();
    const own = Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, value.replace("{id}", id)]),
    );
    const statuses: number[] = [];
    for (let count = 0; count < 11; count++) statuses.push((await send(url, own)).status);
    expect(statuses).toEqual([...Array<number>(10).fill(200), 429]);
  });

  test("are refused with the default budget alone", async () => {
    const { url } = await createPreview();
    for (let count = 0; count < 10; count++) await send(url, {});
    const refused = await send(url, {});
    expect(refused.headers.get("ratelimit-policy")).toBe('"default";q=10;w=10');
  });
});

describe("navigations", () => {
  test("pay each, and a refused one says when to come back", async () => {
    const { url } = await createPreview();
    for (let count = 0; count < 10; count++) expect((await send(url, NAVIGATION)).status).toBe(200);
    const refused = await send(url, NAVIGATION);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(refused.headers.get("content-type")).toContain("text/html");
  });

  test("refill the visit though a lease admits them", async () => {
    const { url } = await createPreview({ per_second: 20, burst: 40 });
    const { isolate } = countingIsolate();
    for (let count = 0; count < 3; count++) await send(url, {}, isolate);
    for (let count = 0; count < 4; count++) {
      expect(await load(url, 101, isolate)).toEqual([]);
      elapse(1_000);
    }
  });

  test("in a storm of reloads admit no more than the hostname's pages may", async () => {
    const { url } = await createPreview({ per_second: 100, burst: 1_000 });
    let refused = 0;
    for (let count = 0; count < 20; count++)
      refused += (await load(url, 100, environment, `192.0.2.${count}`)).length;
    expect(20 * 100 - refused, "limit and pages").toBeLessThanOrEqual(1_000 + 400);
    expect(20 * 100 - refused).toBeGreaterThanOrEqual(1_000);
  });
});

describe("a flood with forged fields of a page", () => {
  test("from one client costs as few calls as the visit has shares", async () => {
    const { url } = await createPreview();
    const { isolate, calls } = countingIsolate();
    let admitted = 0;
    for (let count = 0; count < 1_000; count++) {
      elapse(10);
      if ((await send(url, MODULE, isolate)).status === 200) admitted += 1;
    }
    expect(admitted).toBeLessThanOrEqual(300 + 50 + 10 + 10);
    expect(calls.length).toBeLessThanOrEqual(7 + 10 * 2 + 10);
  });

  test("from many clients on a limited hostname costs at most 20 calls a second", async () => {
    const { url } = await createPreview();
    const { isolate, calls } = countingIsolate();
    for (let count = 0; count < 2_000; count++) {
      elapse(5);
      await send(url, MODULE, isolate, `10.0.${count >> 8}.${count & 255}`);
    }
    expect(calls.length).toBeLessThanOrEqual(60 + 20 * 10 + 10 + 10);
  });
});

describe("revoking and suspending", () => {
  test("end a page's share: its link is refused by the edge after 4 s, and at once by the host", async () => {
    const { deployment, id } = await createPreview();
    const { url, token } = await deployment.mintLink(id, { port: 3000 });
    const isolate = freshIsolate();
    expect((await send(url, NAVIGATION, isolate)).status).toBe(200);
    expect((await deployment.call("DELETE", `sandboxes/${id}/preview-tokens/${token}`)).status).toBe(204);
    expect(deployment.host.revocations, "sent before the API responded").toHaveLength(1);
    elapse(3_999);
    expect((await send(url, MODULE, isolate)).status, "the host refuses it").toBe(200);
    elapse(1);
    expect(await problemOf(await send(url, MODULE, isolate))).toMatchObject({ code: "link_revoked" });
  });

  test("end it at once in an isolate that was refused", async () => {
    const { deployment, id } = await createPreview();
    const { url, token } = await deployment.mintLink(id, { port: 3000 });
    const isolate = freshIsolate();
    expect((await send(url, NAVIGATION, isolate)).status).toBe(200);
    await deployment.call("DELETE", `sandboxes/${id}/preview-tokens/${token}`);
    elapse(1_000);
    expect(await problemOf(await send(url, {}, isolate))).toMatchObject({ code: "link_revoked" });
    expect(await problemOf(await send(url, MODULE, isolate))).toMatchObject({ code: "link_revoked" });
  });

  test("a link that expires ends its page's share to the millisecond", async () => {
    const { deployment, id } = await createPreview();
    const { url } = await deployment.mintLink(id, { port: 3000, ttl_seconds: 3 });
    const isolate = freshIsolate();
    expect((await send(url, NAVIGATION, isolate)).status).toBe(200);
    elapse(2_999);
    expect((await send(url, MODULE, isolate)).status).toBe(200);
    elapse(1);
    expect(await problemOf(await send(url, MODULE, isolate))).toMatchObject({ code: "link_expired" });
  });

  test("a guest that starts again is found by the page's next request", async () => {
    const { deployment, id, generation, url } = await createPreview();
    const isolate = freshIsolate();
    expect((await send(url, NAVIGATION, isolate)).status).toBe(200);
    await deployment.host.detach(id, generation);
    elapse(100);
    await deployment.host.attach(deployment.workspace, id, `${Date.now()}-bbbbbbbb`);
    expect((await send(url, MODULE, isolate)).status).toBe(200);
  });
});
