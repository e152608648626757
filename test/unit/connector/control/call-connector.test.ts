import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { callConnector } from "../../../../connector/control/call-connector.ts";
import { errorResponse } from "../../../../connector/control/error-response.ts";
import type { JsonServer } from "../../../../connector/control/serve-json.ts";
import { serveJson } from "../../../../connector/control/serve-json.ts";

let directory: string;
let socketPath: string;
let server: JsonServer | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "call-connector-"));
  socketPath = join(directory, "control.sock");
});

afterEach(async () => {
  server?.close();
  await rm(directory, { recursive: true });
});

function start(): Promise<JsonServer> {
  return serveJson(
    socketPath,
    ({ path }) =>
      path === "/guests" ? { status: 200, body: { guests: [] } } : errorResponse(404, "no such resource"),
    () => {},
  );
}

describe("callConnector()", () => {
  test("waits for a connector that is starting", async () => {
    const calling = callConnector(socketPath, "GET", "/guests");
    server = await start();
    expect(await calling).toEqual({ guests: [] });
  });

  test("gives up on one that does not start, and at once on one that refuses", async () => {
    const none = join(directory, "none.sock");
    await expect(callConnector(none, "GET", "/guests", undefined, 150)).rejects.toThrow(
      /no program responds/,
    );
    server = await start();
    await expect(callConnector(socketPath, "GET", "/nothing")).rejects.toThrow("no such resource");
  });
});
