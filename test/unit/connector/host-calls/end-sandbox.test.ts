import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HostCallStage } from "../../../support/connector/host-call-stage.ts";

const ID = "0f4bb8a1-3c2d-0e5f-0a9b-0c1d2e3f4a5b";

let stage: HostCallStage;

beforeEach(async () => {
  stage = await HostCallStage.open();
});

afterEach(() => stage.close());

const launch = () =>
  stage.call("POST", "/sandboxes", { sandbox_id: ID, workspace: "ws_1", template: "vite" });
const end = () => stage.call("DELETE", `/sandboxes/${ID}`);

describe("endSandbox()", () => {
  test("has the guest ended, then detaches it; a repeated call changes nothing", async () => {
    await launch();
    stage.calls.length = 0;
    expect(await end()).toEqual({ sandbox_id: ID });
    expect(stage.calls).toEqual([`DELETE /sandboxes/${ID}`, "detached"]);
    expect(await end()).toEqual({ sandbox_id: ID });
    expect(stage.calls).toEqual([`DELETE /sandboxes/${ID}`, "detached", `DELETE /sandboxes/${ID}`]);
  });

  test("accepts a launcher's 204", async () => {
    stage.launcher.DELETE = { status: 204, text: "" };
    expect(await end()).toEqual({ sandbox_id: ID });
  });

  test.each([
    ["fails", { status: 500, text: `{"error":"busy"}` }],
    ["does not respond", undefined],
  ])("keeps the route where the launcher %s", async (_what, outcome) => {
    await launch();
    stage.launcher.DELETE = outcome;
    stage.shortenTimeouts();
    await expect(end()).rejects.toMatchObject({ status: 502 });
    expect(stage.guests.find(ID)).toBeDefined();
  });
});
