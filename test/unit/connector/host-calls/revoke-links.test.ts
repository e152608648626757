import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HostCallStage } from "../../../support/connector/host-call-stage.ts";

const ID = "0f4bb8a1-3c2d-0e5f-0a9b-0c1d2e3f4a5b";

let stage: HostCallStage;

beforeEach(async () => {
  stage = await HostCallStage.open();
});

afterEach(() => stage.close());

describe("revokeLinks()", () => {
  test("takes any id of a sandbox's form, in any case", async () => {
    const body = { sandbox_id: ID.toUpperCase(), key_versions: [1] };
    expect(await stage.call("POST", "/revocations", body)).toEqual({ cut: 0 });
    expect(stage.revocations.covers({ sandboxId: ID, link: { id: "a", keyVersion: 0 } })).toBe(true);
  });

  test("with `all` suspends the sandbox until it is lifted", async () => {
    const isSuspended = () => stage.revocations.isSuspended(ID, Date.now());
    await stage.call("POST", "/revocations", { sandbox_id: ID, all: true });
    expect(isSuspended()).toBe(true);
    await stage.call("POST", "/revocations", { sandbox_id: ID, links: ["a"] });
    expect(isSuspended(), "without `all` nothing changes").toBe(true);
    await stage.call("POST", "/revocations", { sandbox_id: ID, all: false });
    expect(isSuspended()).toBe(false);
  });

  test("refuses a body that is no revocation", async () => {
    const call = stage.call("POST", "/revocations", { sandbox_id: "x" });
    await expect(call).rejects.toMatchObject({ status: 400 });
  });
});
