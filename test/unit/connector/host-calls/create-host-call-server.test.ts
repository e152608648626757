import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { callControl } from "../../../../connector/control/call-control.ts";
import type { JsonServer } from "../../../../connector/control/serve-json.ts";
import { createHostCallServer } from "../../../../connector/host-calls/create-host-call-server.ts";
import { PortStreams } from "../../../../connector/host-calls/ports/port-streams.ts";
import { createAccounts } from "../../../support/connector/request-accounts.ts";

const ID = "0f4bb8a1-3c2d-0e5f-0a9b-0c1d2e3f4a5b";

let directory: string;
let socketPath: string;
let server: JsonServer;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "host-call-server-"));
  socketPath = join(directory, "host-calls.sock");
  server = await createHostCallServer({
    place: socketPath,
    launch: undefined,
    ports: { guests: { find: () => undefined }, streams: new PortStreams() },
    ...createAccounts({ find: () => undefined }),
    relays: { revoke: () => 2, changeAccess: () => 3 },
    instance: "instance-of-this-test",
    log: pino({ level: "silent" }),
  });
});

afterEach(async () => {
  server.close();
  await rm(directory, { recursive: true });
});

describe("createHostCallServer() of a host without a launcher", () => {
  test("POST /revocations says how many requests and tunnels it has cut", async () => {
    expect(await callControl(socketPath, "POST", "/revocations", { sandbox_id: ID })).toEqual({ cut: 2 });
  });

  test("GET /health names the connector that responds", async () => {
    expect(await callControl(socketPath, "GET", "/health")).toEqual({ instance: "instance-of-this-test" });
  });

  test.each([
    ["POST", "/sandboxes", 501, "this host starts no sandboxes"],
    ["DELETE", `/sandboxes/${ID}`, 501, "this host starts no sandboxes"],
    ["GET", "/revocations", 404, "no such resource"],
    ["POST", "/sandboxes-of-another-kind", 404, "no such resource"],
    ["GET", "/", 404, "no such resource"],
    ["GET", `/guests/${ID}/port-events`, 404, "no such resource"],
  ])("refuses %s %s with %i", async (method, path, status, message) => {
    await expect(callControl(socketPath, method, path)).rejects.toMatchObject({ status, message });
  });
});
