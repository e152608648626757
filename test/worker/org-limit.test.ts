import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test, vi } from "vitest";
import { OrgLimit, storedLimit } from "../../worker/objects/org-limit.ts";
import { environment } from "./deployment.ts";

const NOW_MS = 1_800_000_000_000;
const SLOW = { perSecond: 2, burst: 20, pageRequests: 300 };
const FAST = { perSecond: 200, burst: 400, pageRequests: 0 };

/** KV that returns what a test gives it, however old that is. */
function createPolicy(limit: typeof SLOW) {
  const get = vi.fn(async (): Promise<unknown> => limit);
  return { get, policy: { get } as unknown as KVNamespace };
}

function withStorage(run: (storage: DurableObjectStorage) => Promise<void>): Promise<void> {
  const object = environment.SANDBOX.getByName(crypto.randomUUID());
  return runInDurableObject(object, (_object, state) => run(state.storage));
}

describe("OrgLimit", () => {
  test("has the default requests of a page where a former version wrote the limit", () =>
    withStorage(async (storage) => {
      const { pageRequests: _absent, ...former } = SLOW;
      const { policy } = createPolicy(former as typeof SLOW);
      expect(await new OrgLimit(policy, storedLimit(storage.kv)).read("org")).toEqual(SLOW);
      storage.kv.put("orgLimit", { limit: { perSecond: 3, burst: 30 }, changedAtMs: 0 });
      const woken = new OrgLimit(policy, storedLimit(storage.kv));
      expect(woken.share()?.limit).toEqual({ perSecond: 3, burst: 30, pageRequests: 300 });
    }));

  test("keeps a change of the requests of a page alone", () =>
    withStorage(async (storage) => {
      const { policy } = createPolicy(SLOW);
      const limit = new OrgLimit(policy, storedLimit(storage.kv));
      await limit.read("org");
      const changed = { ...SLOW, pageRequests: 0 };
      expect(limit.adopt({ limit: changed, changedAtMs: 0 })).toBe(true);
      expect(new OrgLimit(policy, storedLimit(storage.kv)).share()?.limit).toEqual(changed);
    }));

  test("reads KV once where nothing is known, and not again after a loss of memory", () =>
    withStorage(async (storage) => {
      const { policy, get } = createPolicy(SLOW);
      expect(await new OrgLimit(policy, storedLimit(storage.kv)).read("org")).toEqual(SLOW);
      const woken = new OrgLimit(policy, storedLimit(storage.kv));
      expect(woken.share()?.limit).toEqual(SLOW);
      expect(await woken.read("org")).toEqual(SLOW);
      expect(get).toHaveBeenCalledTimes(1);
    }));

  test("holds on to what it was told while KV was being read, and across a loss of memory", () =>
    withStorage(async (storage) => {
      const reading = Promise.withResolvers<unknown>();
      const policy = { get: () => reading.promise } as unknown as KVNamespace;
      const limit = new OrgLimit(policy, storedLimit(storage.kv));
      const read = limit.read("org");
      expect(limit.adopt({ limit: FAST, changedAtMs: NOW_MS + 2 })).toBe(true);
      expect(limit.adopt({ limit: SLOW, changedAtMs: NOW_MS + 1 })).toBe(false);
      reading.resolve(SLOW);
      expect(await read).toEqual(FAST);
      expect(new OrgLimit(policy, storedLimit(storage.kv)).share()?.limit).toEqual(FAST);
    }));

  test("of an object that is new is another's, until something newer comes; what is known is not written", () =>
    withStorage(async (storage) => {
      const { policy } = createPolicy(SLOW);
      const known = { limit: FAST, changedAtMs: NOW_MS };
      const limit = new OrgLimit(policy, storedLimit(storage.kv));
      limit.adopt(known);
      expect(limit.share()).toEqual(known);
      const put = vi.spyOn(storage.kv, "put");
      expect(limit.adopt({ ...known, limit: { ...FAST } })).toBe(false);
      expect(limit.adopt({ limit: SLOW, changedAtMs: NOW_MS - 1 })).toBe(false);
      expect(limit.share(), "older").toEqual(known);
      expect(put).not.toHaveBeenCalled();
      expect(limit.adopt({ limit: SLOW, changedAtMs: NOW_MS + 1 })).toBe(true);
      expect(limit.share()?.limit, "newer").toEqual(SLOW);
    }));

  test("holds on to what it knows where KV does not respond, and throws where it knows nothing", () =>
    withStorage(async (storage) => {
      const { policy, get } = createPolicy(SLOW);
      get.mockRejectedValue(new Error("KV"));
      const limit = new OrgLimit(policy, storedLimit(storage.kv));
      await expect(limit.read("org")).rejects.toThrow("KV");
      limit.adopt({ limit: FAST, changedAtMs: 0 });
      expect(await limit.read("org")).toEqual(FAST);
    }));
});
