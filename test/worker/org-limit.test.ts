import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test, vi } from "vitest";
import { OrgLimit, storedLimit } from "../../worker/objects/org-limit.ts";
import { environment } from "./deployment.ts";

const NOW_MS = 1_800_000_000_000;
const SLOW = { perSecond: 2, burst: 20 };
const FAST = { perSecond: 200, burst: 400 };

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
  test("believes what it was told for as long as KV may still say what held before", () =>
    withStorage(async (storage) => {
      const { policy, get } = createPolicy(SLOW);
      const limit = new OrgLimit(policy, storedLimit(storage.kv));
      expect(await limit.read("org", NOW_MS)).toEqual(SLOW);
      limit.applyChange({ limit: FAST, changedAtMs: NOW_MS + 1 }, NOW_MS + 1);
      expect(limit.isStale(NOW_MS + 60_000)).toBe(false);
      expect(limit.isStale(NOW_MS + 85_001)).toBe(true);
      expect(limit.recall()).toEqual(FAST);
      expect(get).toHaveBeenCalledTimes(1);
    }));

  test("is known at once to an object that wakes up, and read again within 25 s of a read", () =>
    withStorage(async (storage) => {
      const { policy } = createPolicy(SLOW);
      await new OrgLimit(policy, storedLimit(storage.kv)).read("org", NOW_MS);
      const woken = new OrgLimit(policy, storedLimit(storage.kv));
      expect(woken.recall()).toEqual(SLOW);
      expect(woken.isStale(NOW_MS), "it may have missed a change").toBe(true);
      await woken.read("org", NOW_MS);
      expect(woken.isStale(NOW_MS + 24_999)).toBe(false);
      expect(woken.isStale(NOW_MS + 25_000)).toBe(true);
    }));

  test("holds on to what it was told while KV was being read, and across a loss of memory", () =>
    withStorage(async (storage) => {
      const reading = Promise.withResolvers<unknown>();
      const policy = { get: () => reading.promise } as unknown as KVNamespace;
      const limit = new OrgLimit(policy, storedLimit(storage.kv));
      const read = limit.read("org", NOW_MS);
      limit.applyChange({ limit: FAST, changedAtMs: NOW_MS + 2 }, NOW_MS + 2);
      limit.applyChange({ limit: SLOW, changedAtMs: NOW_MS + 1 }, NOW_MS + 3);
      reading.resolve(SLOW);
      expect(await read).toEqual(FAST);
      const woken = new OrgLimit(policy, storedLimit(storage.kv));
      expect(woken.recall()).toEqual(FAST);
      expect(woken.isStale(NOW_MS + 60_000), "KV may still be behind").toBe(false);
    }));

  test("of an object that is new is another's, with what that was told", () =>
    withStorage(async (storage) => {
      const { policy } = createPolicy(SLOW);
      const known = { limit: FAST, changedAtMs: NOW_MS, kvStaleUntilMs: NOW_MS + 85_000 };
      const limit = new OrgLimit(policy, storedLimit(storage.kv));
      limit.adopt(known);
      expect(limit.share()).toEqual(known);
      expect(limit.isStale(NOW_MS + 60_000), "KV may be behind").toBe(false);
      limit.adopt({ limit: SLOW, changedAtMs: NOW_MS - 1, kvStaleUntilMs: 0 });
      expect(limit.recall(), "older").toEqual(FAST);
      limit.adopt({ limit: SLOW, changedAtMs: NOW_MS + 1, kvStaleUntilMs: 0 });
      expect(limit.recall(), "newer").toEqual(SLOW);
    }));

  test("holds on to what it knows where KV does not respond, and throws where it knows nothing", () =>
    withStorage(async (storage) => {
      const { policy, get } = createPolicy(SLOW);
      get.mockRejectedValue(new Error("KV"));
      const limit = new OrgLimit(policy, storedLimit(storage.kv));
      await expect(limit.read("org", NOW_MS)).rejects.toThrow("KV");
      limit.adopt({ limit: FAST, changedAtMs: 0, kvStaleUntilMs: 0 });
      expect(await limit.read("org", NOW_MS)).toEqual(FAST);
    }));
});
