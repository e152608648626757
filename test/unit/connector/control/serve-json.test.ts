import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { callControl } from "../../../../connector/control/call-control.ts";
import type { JsonServer } from "../../../../connector/control/serve-json.ts";
import { serveJson } from "../../../../connector/control/serve-json.ts";

let directory: string;
let socketPath: string;
let server: JsonServer;
let bugs: unknown[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "serve-json-"));
  socketPath = join(directory, "run", "api.sock");
  bugs = [];
  server = await start();
});

afterEach(async () => {
  server.close();
  await rm(directory, { recursive: true });
});

function start(): Promise<JsonServer> {
  return serveJson(
    socketPath,
    (call) => {
      if (call.path === "/bug") throw new TypeError("a bug with a secret");
      return { status: 200, body: call };
    },
    (error) => bugs.push(error),
  );
}

describe("serveJson()", () => {
  test("listens on a socket that only its owner opens", async () => {
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, "run"))).mode & 0o777).toBe(0o700);
  });

  test("gives method, path and body to its responder", async () => {
    expect(await callControl(socketPath, "PUT", "/a/b?c", { d: 1 })).toEqual({
      method: "PUT",
      path: "/a/b?c",
      body: { d: 1 },
    });
  });

  test("responds to a bug with a bare 500, and reports it", async () => {
    await expect(callControl(socketPath, "GET", "/bug")).rejects.toMatchObject({
      status: 500,
      message: "internal error; see the log",
    });
    expect(bugs).toEqual([new TypeError("a bug with a secret")]);
  });

  test("refuses to take over a socket on which another process listens", async () => {
    await expect(start()).rejects.toThrow(/another process answers/);
  });

  test("replaces the socket that a killed process left", async () => {
    server.close();
    await writeFile(socketPath, "");
    server = await start();
    expect(await callControl(socketPath, "GET", "/")).toMatchObject({ method: "GET" });
  });
});
