import { mkdtemp, rm } from "node:fs/promises";
import * as http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Attachments } from "../../../../connector/attachments.ts";
import { callControl } from "../../../../connector/control/call-control.ts";
import { Announcer } from "../../../../connector/edge/announcer.ts";
import type { EdgeClient } from "../../../../connector/edge/edge-client.ts";
import { EdgeError } from "../../../../connector/edge/edge-client.ts";
import { GuestStore } from "../../../../connector/guests/guest-store.ts";
import { GuestTable } from "../../../../connector/guests/guest-table.ts";
import { createHostCallServer } from "../../../../connector/host-calls/create-host-call-server.ts";
import { Revocations } from "../../../../connector/revocations.ts";

const LOG = pino({ level: "silent" });
/** Version 0: no UUID of RFC 9562, but a sandbox's id. */
const ID = "0f4bb8a1-3c2d-0e5f-0a9b-0c1d2e3f4a5b";
const ASKED = { sandbox_id: ID, workspace: "ws_1", template: "vite" };
const STARTED = { address: "10.0.0.2" };

let directory: string;
let calls: string[];
let guests: GuestTable;
let edgeRefuses: EdgeError | undefined;
/** What the launcher answers, by method; `undefined` is never an answer. */
let launcher: Record<string, { status: number; text: string } | undefined>;
let closers: (() => void)[];
const revocations = new Revocations();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "launch-"));
  calls = [];
  edgeRefuses = undefined;
  launcher = {
    POST: { status: 201, text: JSON.stringify(STARTED) },
    DELETE: { status: 200, text: "{}" },
  };
  const server = http.createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    const answer = launcher[request.method ?? ""];
    if (answer !== undefined) response.writeHead(answer.status).end(answer.text);
  });
  await new Promise<void>((resolve) => server.listen(join(directory, "launcher.sock"), resolve));
  guests = new GuestTable({
    store: new GuestStore(join(directory, "guests")),
    onPortsChange() {},
    onDetach: () => calls.push("detached"),
  });
  await guests.load();
  const tell = async (): Promise<void> => {
    if (edgeRefuses !== undefined) throw edgeRefuses;
  };
  const announcer = new Announcer({ attach: tell, detach: tell } as unknown as EdgeClient, guests, LOG);
  const hostCalls = await createHostCallServer({
    socketPath: join(directory, "host-calls.sock"),
    launching: {
      launcherSocket: join(directory, "launcher.sock"),
      attachments: new Attachments(guests, announcer, LOG),
      log: LOG,
    },
    revoking: { revocations, relay: { cut: () => 0 } },
    log: LOG,
  });
  closers = [() => server.closeAllConnections(), () => server.close(), () => hostCalls.close()];
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const close of closers) close();
  await rm(directory, { recursive: true });
});

function call(method: string, path: string, body?: unknown): Promise<unknown> {
  return callControl(join(directory, "host-calls.sock"), method, path, body);
}

const launch = () => call("POST", "/sandboxes", ASKED);
const end = () => call("DELETE", `/sandboxes/${ID}`);

/** Lets every timeout pass at once, but the caller's own. */
function hurry(): void {
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => timeout(ms === 60_000 ? ms : 50));
}

describe("launchSandbox()", () => {
  test("starts a guest and attaches it, under any id of a sandbox's form", async () => {
    const asked = { ...ASKED, sandbox_id: ID.toUpperCase() };
    expect(await call("POST", "/sandboxes", asked)).toEqual({ sandbox_id: ID, edge_knows: true });
    expect(guests.find(ID)?.record).toMatchObject({ ...STARTED, workspace: "ws_1" });
    expect(calls).toEqual(["POST /sandboxes"]);
  });

  test("ends the guest that the edge refuses", async () => {
    edgeRefuses = new EdgeError("no such workspace", 404);
    await expect(launch()).rejects.toMatchObject({ status: 409, message: "no such workspace" });
    expect(calls).toEqual(["POST /sandboxes", "detached", `DELETE /sandboxes/${ID}`]);
    expect(guests.list()).toEqual([]);
  });

  test("says why the guest was not attached, also where it cannot be ended", async () => {
    edgeRefuses = new EdgeError("no such workspace", 404);
    launcher.DELETE = { status: 500, text: "{}" };
    await expect(launch()).rejects.toMatchObject({ status: 409, message: "no such workspace" });
  });

  test.each([
    ["not JSON", "started"],
    ["nothing", ""],
    ["no guest", `{"address":"guest.internal"}`],
  ])("ends what a launcher started that answers %s", async (_what, text) => {
    launcher.POST = { status: 201, text };
    await expect(launch()).rejects.toMatchObject({ status: 502 });
    expect(calls).toEqual(["POST /sandboxes", `DELETE /sandboxes/${ID}`]);
  });

  test("ends what a launcher started that broke down", async () => {
    launcher.POST = { status: 500, text: `{"error":"no memory"}` };
    await expect(launch()).rejects.toMatchObject({ status: 502, message: "no memory" });
    expect(calls).toEqual(["POST /sandboxes", `DELETE /sandboxes/${ID}`]);
  });

  test("ends what a launcher may have started that does not answer", async () => {
    launcher.POST = undefined;
    hurry();
    await expect(launch()).rejects.toMatchObject({
      status: 502,
      message: expect.stringMatching("nobody answers"),
    });
    expect(calls).toEqual(["POST /sandboxes", `DELETE /sandboxes/${ID}`]);
  });

  test("ends nothing where the launcher says no", async () => {
    launcher.POST = { status: 400, text: `{"error":"no such template"}` };
    await expect(launch()).rejects.toMatchObject({ status: 400, message: "no such template" });
    expect(calls).toEqual(["POST /sandboxes"]);
  });

  test.each([
    ["no UUID", { sandbox_id: "x" }],
    ["no workspace", { workspace: "" }],
    ["an unknown member", { port: 1 }],
  ])("refuses %s", async (_what, change) => {
    await expect(call("POST", "/sandboxes", { ...ASKED, ...change })).rejects.toMatchObject({ status: 400 });
    expect(calls).toEqual([]);
  });
});

describe("endSandbox()", () => {
  test("has the guest ended, then detaches it; again changes nothing", async () => {
    await launch();
    calls.length = 0;
    expect(await end()).toEqual({ sandbox_id: ID });
    expect(calls).toEqual([`DELETE /sandboxes/${ID}`, "detached"]);
    expect(await end()).toEqual({ sandbox_id: ID });
    expect(calls).toEqual([`DELETE /sandboxes/${ID}`, "detached", `DELETE /sandboxes/${ID}`]);
  });

  test("is content with a launcher that answers 204", async () => {
    launcher.DELETE = { status: 204, text: "" };
    expect(await end()).toEqual({ sandbox_id: ID });
  });

  test.each([
    ["fails", { status: 500, text: `{"error":"busy"}` }],
    ["does not answer", undefined],
  ])("keeps the route where the launcher %s", async (_what, answer) => {
    await launch();
    launcher.DELETE = answer;
    hurry();
    await expect(end()).rejects.toMatchObject({ status: 502 });
    expect(guests.find(ID)).toBeDefined();
  });
});

describe("revokeLinks()", () => {
  test("takes any id of a sandbox's form, in any case", async () => {
    const body = { sandbox_id: ID.toUpperCase(), key_versions: [1] };
    expect(await call("POST", "/revocations", body)).toEqual({ cut: 0 });
    expect(revocations.cover({ sandboxId: ID, link: { id: "a", keyVersion: 0 } })).toBe(true);
  });

  test("refuses what is none", async () => {
    await expect(call("POST", "/revocations", { sandbox_id: "x" })).rejects.toMatchObject({ status: 400 });
  });
});
