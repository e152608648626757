import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test, vi } from "vitest";
import { StoredSandboxState } from "../../../worker/objects/sandbox/sandbox-state.ts";
import { createGeneration, Deployment, environment } from "../deployment.ts";

function inStorage(act: (kv: SyncKvStorage) => void): Promise<void> {
  const stub = environment.SANDBOX.getByName(crypto.randomUUID());
  return runInDurableObject(stub, (_sandbox, { storage }) => act(storage.kv));
}

describe("StoredSandboxState", () => {
  test("reads what was written before, and has all other members", () =>
    inStorage((kv) => {
      const nothing = new StoredSandboxState(kv).current;
      const state = new StoredSandboxState(kv);
      state.change({ id: "a" });
      state.change({ template: "t" });
      expect(new StoredSandboxState(kv).current).toEqual({ ...nothing, id: "a", template: "t" });
      kv.put("state", { id: "b" });
      expect(new StoredSandboxState(kv).current).toEqual({ ...nothing, id: "b" });
    }));

  test("together() writes once for all changes, also of a call that throws, and not without a change", () =>
    inStorage((kv) => {
      const state = new StoredSandboxState(kv);
      const put = vi.spyOn(kv, "put");
      const act = () => {
        state.change({ id: "a" });
        state.change({ template: "t" });
        expect(put).not.toHaveBeenCalled();
        throw new Error("a bug");
      };
      expect(() => state.together(act)).toThrow("a bug");
      expect(put).toHaveBeenCalledTimes(1);
      expect(new StoredSandboxState(kv).current).toEqual(state.current);
      expect(state.together(() => "result")).toBe("result");
      expect(put).toHaveBeenCalledTimes(1);
    }));

  test("forget() leaves nothing of it in memory", () =>
    inStorage((kv) => {
      const nothing = new StoredSandboxState(kv).current;
      const state = new StoredSandboxState(kv);
      state.change({ id: "a" });
      state.forget();
      expect(state.current).toEqual(nothing);
    }));
});

describe("a sandbox's object", () => {
  const tablesOf = (id: string) =>
    runInDurableObject(environment.SANDBOX.getByName(id), (_sandbox, { storage }) =>
      [...storage.sql.exec<{ name: string }>("SELECT name FROM sqlite_master")].map(({ name }) => name),
    );

  test("has no table before a link is minted, and none of terms before one is restricted or revoked", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox();
    const ownTables = async () => (await tablesOf(id)).filter((name) => !name.startsWith("_cf_"));
    expect(await ownTables()).toEqual([]);
    const { token } = await deployment.mintLink(id, { port: 80 });
    await deployment.host.attach(deployment.workspace, id, createGeneration(Date.now() + 1));
    await deployment.host.detach(id, generation);
    expect(await ownTables()).toEqual(["listed_links"]);
    await deployment.call("DELETE", `sandboxes/${id}/preview-tokens/${token}`);
    expect(await tablesOf(id)).toContain("links");
  });
});
