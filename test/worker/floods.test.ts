import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { deriveLinkMaskKey, deriveWorkspaceKey, mintLinkToken } from "../../shared/link/link-token.ts";
import type { Environment } from "../../worker/environment.ts";
import { MISS_PAUSE_MS } from "../../worker/preview/miss-guard.ts";
import { API, countingIsolate, Deployment, FakeHost, fetchEdge, problemOf } from "./deployment.ts";

const NOW_MS = 1_800_000_000_000;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function randomLabel(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(63)), (byte) => ALPHABET[byte % 32]).join("");
}

/** A native limiter that allows this many misses of each client. */
function limitMisses(allowed: number): RateLimit {
  const misses = new Map<string, number>();
  return {
    async limit({ key }) {
      const count = (misses.get(key) ?? 0) + 1;
      misses.set(key, count);
      return { success: count <= allowed };
    },
  } as RateLimit;
}

const from = (clientIp: string) => ({ headers: { "cf-connecting-ip": clientIp } });

describe("a flood", () => {
  test("of hostnames that are not ours costs nothing", async () => {
    const { isolate, calls } = countingIsolate();
    for (let count = 0; count < 200; count++) {
      expect((await fetchEdge(`https://${crypto.randomUUID()}.example.com/`, {}, isolate)).status).toBe(404);
    }
    expect(calls).toEqual([]);
  });

  test("of random 63-character labels costs nothing: what decodes would end in the wrong century", async () => {
    const { isolate, calls } = countingIsolate();
    for (let count = 0; count < 500; count++) {
      expect((await fetchEdge(`https://${randomLabel()}.preview.example.com/`, {}, isolate)).status).toBe(
        403,
      );
    }
    expect(calls.length).toBeLessThanOrEqual(1);
  });

  test("of one forged link costs a call in five seconds", async () => {
    const stranger = new Uint8Array(32).fill(9);
    const secret = new Uint8Array(32).fill(7);
    const claims = {
      sandboxId: crypto.randomUUID(),
      port: 80,
      expiresAtMs: NOW_MS + 60_000,
      keyVersion: 0,
      restricted: false,
    };
    const key = await deriveWorkspaceKey(stranger, "ws", 0);
    const forged = await mintLinkToken(claims, key, { slot: 0, key: await deriveLinkMaskKey(secret) });
    const { isolate, calls } = countingIsolate();
    for (let count = 0; count < 100; count++) {
      vi.setSystemTime(NOW_MS + count * 100);
      const response = await fetchEdge(`https://${forged}.preview.example.com/`, {}, isolate);
      expect(await problemOf(response)).toMatchObject({ code: "link_invalid" });
    }
    expect(calls).toEqual(["SANDBOX.getByName", "SANDBOX.getByName"]);
  });

  test("on a limited name costs a call per refill", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const { isolate, calls } = countingIsolate();
    const statuses: number[] = [];
    for (let count = 0; count < 1000; count++) {
      vi.setSystemTime(NOW_MS + count * 10);
      statuses.push((await fetchEdge(`https://3000-${id}.example.com/`, {}, isolate)).status);
    }
    const admitted = statuses.filter((status) => status === 200).length;
    expect(admitted, "burst and ten seconds' refill").toBe(19);
    expect(statuses.filter((status) => status === 429)).toHaveLength(1000 - admitted);
    expect(calls).toHaveLength(admitted);
  });

  test("of unknown sandboxes costs a call each without the native limiter", async () => {
    const { isolate, calls } = countingIsolate();
    const unlimited = { ...isolate, MISS_LIMIT: undefined };
    for (let count = 0; count < 50; count++) {
      await fetchEdge(`https://80-${crypto.randomUUID()}.example.com/`, from("192.0.2.1"), unlimited);
    }
    expect(calls).toHaveLength(50);
  });

  test("of unknown sandboxes is bounded per client address with it, and affects no other client", async () => {
    const deployment = await Deployment.create({ per_second: 100, burst: 100 });
    const { id } = await deployment.attachSandbox();
    const { isolate, calls } = countingIsolate();
    const limited = { ...isolate, MISS_LIMIT: limitMisses(20) };
    const flood = async (client: string) => {
      const url = `https://80-${crypto.randomUUID()}.example.com/`;
      return fetchEdge(url, from(client), limited);
    };
    for (let count = 0; count < 21; count++) expect((await flood("192.0.2.1")).status).toBe(404);
    const paused = await flood("192.0.2.1");
    expect(await problemOf(paused)).toMatchObject({ status: 429, code: "rate_limited" });
    expect(paused.headers.get("retry-after")).toBe("10");
    expect(calls).toHaveLength(21);
    expect((await flood("192.0.2.2")).status, "another client").toBe(404);
    expect((await fetchEdge(`https://80-${id}.example.com/`, from("192.0.2.2"), limited)).status).toBe(200);
    vi.setSystemTime(NOW_MS + MISS_PAUSE_MS);
    expect((await flood("192.0.2.1")).status, "after the pause").toBe(404);
  });
});

describe("a flood from all over one /64", () => {
  test("is one client's", async () => {
    const { isolate, calls } = countingIsolate();
    const limited = { ...isolate, MISS_LIMIT: limitMisses(20) };
    const flood = async (client: string) =>
      (await fetchEdge(`https://80-${crypto.randomUUID()}.example.com/`, from(client), limited)).status;
    for (let count = 0; count < 100; count++) await flood(`2001:db8:1:2::${count.toString(16)}`);
    expect(calls).toHaveLength(21);
    expect(await flood("2001:db8:1:2:ffff::1")).toBe(429);
    expect(await flood("2001:db8:1:3::1"), "the next /64").toBe(404);
  });
});

describe("a flood of forged host tokens", () => {
  const beatAs = async (host: FakeHost, hostId: string, isolate: Environment) => {
    const headers = { "cf-connecting-ip": "192.0.2.1" };
    const token = await host.sign(hostId);
    const asked = { method: "POST", token, headers, body: { taken_at: Date.now(), guests: [] } };
    return (await fetchEdge(`${API}/v1/hosts/${hostId}/heartbeat`, asked, isolate)).status;
  };
  const createForger = async (): Promise<FakeHost> => {
    const forger = new FakeHost();
    await forger.enrol();
    return forger;
  };

  test("for one host costs a call a second", async () => {
    const { host } = await Deployment.create();
    const forger = await createForger();
    const { isolate, calls } = countingIsolate();
    const unlimited = { ...isolate, MISS_LIMIT: undefined };
    for (let count = 0; count < 50; count++) {
      vi.setSystemTime(NOW_MS + count * 50);
      expect(await beatAs(forger, host.id, unlimited)).toBe(401);
    }
    expect(calls.filter((call) => call.startsWith("HOST"))).toHaveLength(3);
  });

  test("for hosts that do not exist is bounded per client address", async () => {
    const forger = await createForger();
    const { isolate, calls } = countingIsolate();
    const limited = { ...isolate, MISS_LIMIT: limitMisses(20) };
    const statuses: number[] = [];
    for (let count = 0; count < 50; count++) statuses.push(await beatAs(forger, `host-x${count}`, limited));
    expect(calls).toHaveLength(21);
    expect(statuses.filter((status) => status === 429)).toHaveLength(29);
  });

  test("by a guest does not silence its host, which has the same address", async () => {
    const { host } = await Deployment.create();
    const forger = await createForger();
    const { isolate } = countingIsolate();
    const limited = { ...isolate, MISS_LIMIT: limitMisses(3) };
    expect(await beatAs(host, host.id, limited)).toBe(200);
    for (let count = 0; count < 5; count++) await beatAs(forger, `host-y${count}`, limited);
    expect(await beatAs(forger, "host-y9", limited)).toBe(429);
    vi.setSystemTime(NOW_MS + MISS_PAUSE_MS - 1);
    expect(await beatAs(forger, host.id, limited), "forged for the host").toBe(429);
    expect(await beatAs(host, host.id, limited)).toBe(200);
  });

  test("does not count a host whose clock is wrong as one", async () => {
    const { host } = await Deployment.create();
    const limiter = { limit: vi.fn() } as unknown as RateLimit;
    const limited = { ...countingIsolate().isolate, MISS_LIMIT: limiter };
    const token = await host.sign();
    vi.setSystemTime(NOW_MS + 200_000);
    const asked = { method: "POST", token, body: {}, headers: { "cf-connecting-ip": "192.0.2.1" } };
    expect((await fetchEdge(`${API}/v1/hosts/${host.id}/heartbeat`, asked, limited)).status).toBe(401);
    expect(limiter.limit).not.toHaveBeenCalled();
  });
});

describe("the native limiter", () => {
  test("is never asked about what exists", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const { isolate } = countingIsolate();
    const limiter = { limit: vi.fn() } as unknown as RateLimit;
    for (let count = 0; count < 12; count++) {
      await fetchEdge(`https://80-${id}.example.com/`, from("192.0.2.1"), {
        ...isolate,
        MISS_LIMIT: limiter,
      });
    }
    expect(limiter.limit).not.toHaveBeenCalled();
  });
});
