import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createProgram } from "../../../../connector/commands/create-program.ts";
import type { JsonCall, JsonResponse, JsonServer } from "../../../../connector/control/serve-json.ts";
import { serveJson } from "../../../../connector/control/serve-json.ts";
import type { Status } from "../../../../shared/protocol/control-api.ts";
import { STATUS_PATH } from "../../../../shared/protocol/control-api.ts";

const ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const GUEST = {
  sandboxId: ID,
  workspace: "ws_1",
  address: "10.0.0.2",
  generation: "1800000000000-aaaaaaaa",
  ports: [80, 3000],
  agentFollowed: false,
  edgeKnows: true,
};
const ATTACHED = { ...GUEST, way: "10.0.0.2 over tap0" };
const STATUS: Status = {
  hostId: "host-1",
  instance: "i".repeat(22),
  version: "1.0.0",
  edge: { heardAtMs: 1_800_000_000_000 },
  keys: { fetchedAtMs: 1_800_000_000_000, usableUntilMs: 1_800_086_400_000 },
};

let directory: string;
let config: string;
let server: JsonServer;
let calls: JsonCall[];
let response: JsonResponse;
let status: Status;
let printed: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "commands-"));
  config = join(directory, "config.json");
  const controlSocket = join(directory, "control.sock");
  await writeFile(
    config,
    JSON.stringify({
      hostId: "host-1",
      api: "https://api.example.com",
      origin: "https://host-1.example.net",
      listen: { port: 0 },
      keyFile: join(directory, "key.json"),
      stateDirectory: directory,
      controlSocket,
    }),
  );
  calls = [];
  status = STATUS;
  server = await serveJson(
    controlSocket,
    (call) => {
      calls.push(call);
      return call.path === STATUS_PATH ? { status: 200, body: status } : response;
    },
    () => {},
  );
  printed = [];
  for (const stream of ["log", "error"] as const)
    vi.spyOn(console, stream).mockImplementation((text: string) => void printed.push(`${stream}: ${text}`));
});

afterEach(async () => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  server.close();
  await rm(directory, { recursive: true });
});

function run(...args: string[]): Promise<unknown> {
  return createProgram().parseAsync([...args, "--config", config], { from: "user" });
}

const attach = () =>
  run(
    ...["attach", "--sandbox", ID, "--address", "10.0.0.2", "--workspace", "ws_1", "--tap", "tap0"],
    ...["--agent-port", "7000", "--port", "80", "--port", "3000", "--public-port", "80"],
  );

describe("connector attach", () => {
  test("offers the guest, and says how it is reached", async () => {
    response = { status: 201, body: ATTACHED };
    await attach();
    expect(calls).toEqual([
      {
        method: "POST",
        path: "/guests",
        body: {
          sandboxId: ID,
          address: "10.0.0.2",
          workspace: "ws_1",
          tap: "tap0",
          agentPort: 7000,
          ports: [80, 3000],
          publicPorts: [80],
        },
      },
    ]);
    expect(printed).toEqual([`log: ${ID} 1800000000000-aaaaaaaa: reachable, 10.0.0.2 over tap0`]);
  });

  test("passes on who may visit, and whether loopback is reached", async () => {
    response = { status: 201, body: ATTACHED };
    await run(
      ...["attach", "--sandbox", ID, "--address", "10.0.0.2", "--workspace", "ws_1"],
      ...["--access", "private", "--loopback", "off"],
    );
    expect(calls[0]?.body).toMatchObject({ access: "private", loopback: "off" });
  });

  test("says that the edge does not know the guest yet", async () => {
    response = { status: 202, body: { ...ATTACHED, edgeKnows: false } };
    await attach();
    expect(printed[0]).toContain("attached here, but the edge has not answered yet; still trying");
  });

  test("ends with the connector's refusal and status 1", async () => {
    response = { status: 409, body: { error: "10.0.0.2 is not routed over tap0" } };
    await attach();
    expect(printed).toEqual(["error: preview-connector: 10.0.0.2 is not routed over tap0"]);
    expect(process.exitCode).toBe(1);
  });

  test("throws where a response is not in the contract", async () => {
    response = { status: 201, body: GUEST };
    await expect(attach()).rejects.toThrow(/way/);
  });
});

describe("connector detach", () => {
  test("names the guest in the path", async () => {
    response = { status: 200, body: { ...GUEST, edgeKnows: true } };
    await run("detach", "--sandbox", ID);
    expect(calls).toMatchObject([{ method: "DELETE", path: `/guests/${ID}` }]);
    expect(printed).toEqual([`log: ${ID}: detached`]);
  });
});

describe("connector list", () => {
  beforeEach(() => {
    response = { status: 200, body: { guests: [GUEST] } };
  });

  test("prints a line for each guest", async () => {
    await run("list");
    expect(calls).toMatchObject([
      { method: "GET", path: "/guests" },
      { method: "GET", path: "/status" },
    ]);
    expect(printed).toEqual([`log: ${ID}  10.0.0.2  80,3000`]);
  });

  test.each([
    [{ edgeKnows: false }, "not reachable yet: the edge has not accepted it"],
    [{ edgeKnows: false, edgeRefusal: "no such workspace" }, "not reachable: no such workspace"],
  ])("says of a guest with %j that it is %s", async (change, words) => {
    response = { status: 200, body: { guests: [{ ...GUEST, ...change }] } };
    await run("list");
    expect(printed).toEqual([`log: ${ID}  10.0.0.2  80,3000  ${words}`]);
  });

  test("warns where heartbeats fail, and where the edge's keys are old", async () => {
    status = {
      ...STATUS,
      edge: { ...STATUS.edge, failure: "no response" },
      keys: { ...STATUS.keys, failure: "the edge has not responded" },
    };
    await run("list");
    expect(printed.slice(1)).toEqual([
      "error: warning: the last heartbeat failed: no response; the last good one: 2027-01-15T08:00:00.000Z",
      "error: warning: the edge has not responded; the keys of 2027-01-15T08:00:00.000Z are used until 2027-01-16T08:00:00.000Z",
    ]);
  });

  test("warns where there are no keys of the edge", async () => {
    status = { ...STATUS, keys: { failure: "the edge has not responded" } };
    await run("list");
    expect(printed[1]).toBe(
      "error: warning: there are no keys of the edge, so visitors get 503: the edge has not responded",
    );
  });

  test("prints one JSON document with --json", async () => {
    await run("list", "--json");
    expect(printed).toEqual([`log: ${JSON.stringify([GUEST], undefined, 2)}`]);
  });
});

describe("preview-connector reload", () => {
  test("names a connector that has ended, though it left its report behind", async () => {
    const ended = spawnSync("true").pid;
    await writeFile(join(directory, "supervisor.json"), JSON.stringify({ pid: ended, reloads: 0 }));
    await run("reload");
    expect(printed).toEqual(["error: preview-connector: no connector runs here"]);
    expect(process.exitCode).toBe(1);
  });
});
