import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EdgeError } from "../../../../connector/edge/edge-client.ts";
import { HostCallStage, STARTED } from "../../../support/connector/host-call-stage.ts";

/** Version 0: no UUID of RFC 9562, but a sandbox's id. */
const ID = "0f4bb8a1-3c2d-0e5f-0a9b-0c1d2e3f4a5b";
const LAUNCH = { sandbox_id: ID, workspace: "ws_1", template: "vite" };

let stage: HostCallStage;

beforeEach(async () => {
  stage = await HostCallStage.open();
});

afterEach(() => stage.close());

const launch = () => stage.call("POST", "/sandboxes", LAUNCH);

describe("launchSandbox()", () => {
  test("starts a guest and attaches it, under any id of a sandbox's form", async () => {
    const body = { ...LAUNCH, sandbox_id: ID.toUpperCase() };
    expect(await stage.call("POST", "/sandboxes", body)).toEqual({ sandbox_id: ID, edge_knows: true });
    expect(stage.guests.find(ID)?.record).toMatchObject({ ...STARTED, workspace: "ws_1" });
    expect(stage.calls).toEqual(["POST /sandboxes"]);
  });

  test("passes the machine's size on, and refuses one that is none", async () => {
    const respond = (size: unknown): void => {
      stage.launcher.POST = { status: 201, text: JSON.stringify({ ...STARTED, size }) };
    };
    respond({ cpu: 2, memory_mb: 512 });
    expect(await launch()).toMatchObject({ size: { cpu: 2, memory_mb: 512 } });
    await stage.call("DELETE", `/sandboxes/${ID}`);
    for (const size of [{ cpu: 0, memory_mb: 512 }, { cpu: 2, memory_mb: 1e12 }, { cpu: 2 }, "large"]) {
      respond(size);
      await expect(launch()).rejects.toMatchObject({ status: 502 });
    }
  });

  test("refuses a sandbox that runs here, whose machine would be ended if the edge refused it", async () => {
    await launch();
    stage.edgeRefuses = new EdgeError("no such workspace", 404);
    await expect(launch()).rejects.toMatchObject({ status: 409, message: "the sandbox runs here already" });
    expect(stage.calls).toEqual(["POST /sandboxes"]);
    expect(stage.guests.find(ID)).toBeDefined();
  });

  test("ends the guest that the edge refuses", async () => {
    stage.edgeRefuses = new EdgeError("no such workspace", 404);
    await expect(launch()).rejects.toMatchObject({ status: 409, message: "no such workspace" });
    expect(stage.calls).toEqual(["POST /sandboxes", `DELETE /sandboxes/${ID}`]);
    expect(stage.guests.list()).toEqual([]);
  });

  test("says why the guest was not attached, also where it cannot be ended", async () => {
    stage.edgeRefuses = new EdgeError("no such workspace", 404);
    stage.launcher.DELETE = { status: 500, text: "{}" };
    await expect(launch()).rejects.toMatchObject({ status: 409, message: "no such workspace" });
  });

  test.each([
    ["something that is not JSON", "started"],
    ["nothing", ""],
    ["no guest", `{"address":"guest.internal"}`],
  ])("ends the guest of a launcher that responds with %s", async (_what, text) => {
    stage.launcher.POST = { status: 201, text };
    await expect(launch()).rejects.toMatchObject({ status: 502 });
    expect(stage.calls).toEqual(["POST /sandboxes", `DELETE /sandboxes/${ID}`]);
  });

  test("ends the guest of a launcher that fails", async () => {
    stage.launcher.POST = { status: 500, text: `{"error":"no memory"}` };
    await expect(launch()).rejects.toMatchObject({ status: 502, message: "no memory" });
    expect(stage.calls).toEqual(["POST /sandboxes", `DELETE /sandboxes/${ID}`]);
  });

  test("ends the guest that a launcher without a response may have started", async () => {
    stage.launcher.POST = undefined;
    stage.shortenTimeouts();
    await expect(launch()).rejects.toMatchObject({
      status: 502,
      message: expect.stringMatching("no program responds"),
    });
    expect(stage.calls).toEqual(["POST /sandboxes", `DELETE /sandboxes/${ID}`]);
  });

  test("ends nothing where the launcher refuses", async () => {
    stage.launcher.POST = { status: 400, text: `{"error":"no such template"}` };
    await expect(launch()).rejects.toMatchObject({ status: 400, message: "no such template" });
    expect(stage.calls).toEqual(["POST /sandboxes"]);
  });

  test.each([
    ["no UUID", { sandbox_id: "x" }],
    ["no workspace", { workspace: "" }],
    ["an unknown member", { port: 1 }],
  ])("refuses %s", async (_what, change) => {
    const call = stage.call("POST", "/sandboxes", { ...LAUNCH, ...change });
    await expect(call).rejects.toMatchObject({ status: 400 });
    expect(stage.calls).toEqual([]);
  });
});
