import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { Server, Socket } from "node:net";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { askNamespaces, monitorNamespaces } from "../../../../connector/namespaces/ask-namespaces.ts";
import { createNamespaceHelper } from "../../../../connector/namespaces/create-namespace-helper.ts";

let folder: string;
let path: string;
let helper: Server;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "namespace-helper-"));
  path = join(folder, "socket");
  helper = createNamespaceHelper();
  await once(helper.listen(path), "listening");
});

afterEach(async () => {
  helper.close();
  await rm(folder, { recursive: true });
});

/** Sends bytes and ends. @returns all that the helper sends */
async function send(bytes: string | Buffer): Promise<string> {
  const socket = connect(path);
  socket.on("error", () => {});
  socket.end(bytes);
  return text(socket);
}

describe("createNamespaceHelper()", () => {
  test("answers with ip's output, or with its words where it fails", async () => {
    expect(await askNamespaces({ verb: "ids" }, path)).toMatch(/^(?:$|\[)/);
    await expect(
      askNamespaces({ verb: "link", namespace: "no-such-namespace", device: "tap0" }, path),
    ).rejects.toThrow(/^Cannot open network namespace "no-such-namespace": No such file/);
    await expect(askNamespaces({ verb: "assign-id", namespace: "no-such-namespace" }, path)).rejects.toThrow(
      "no-such-namespace",
    );
  });

  test.each<[what: string, bytes: string | Buffer]>([
    ["nothing", ""],
    ["an empty line", "\n"],
    ["a request without its end", "ids"],
    ["an unknown verb", "exec box sh -c id\n"],
    ["an option in place of a name", "link -all tap0\n"],
    ["another folder", "link ../../proc/1/ns/net tap0\n"],
    ["a line of a megabyte", Buffer.alloc(2 ** 20, "a")],
    ["bytes that are no text", Buffer.from([0, 255, 10])],
  ])("refuses %s, and goes on", async (_, bytes) => {
    const answer = await send(bytes).catch(() => "");
    expect(["failed\nnot a request", ""]).toContain(answer);
    expect(await send("ids\n")).toMatch(/^ok\n/);
  });

  test("reads one request of a connection only", async () => {
    expect(await send("ids\nids\nids\n")).toMatch(/^ok\n(?!.*ok)/);
  });

  test("reads a request that comes byte by byte", async () => {
    const socket = connect({ path, noDelay: true });
    for (const byte of "ids\n") {
      await new Promise((resolve) => socket.write(byte, resolve));
    }
    expect(await text(socket)).toMatch(/^ok\n/);
  });

  test("closes a connection that sends no request within 2 s, and those beyond 16", async () => {
    const silent: Socket[] = [];
    for (let index = 0; index < 16; index++) {
      const socket = connect(path);
      await once(socket, "connect");
      silent.push(socket);
    }
    const dropped = once(helper, "drop");
    expect(await send("ids\n").catch(() => "")).toBe("");
    await dropped;
    await Promise.all(silent.map((socket) => once(socket.resume(), "close")));
    expect(await send("ids\n")).toMatch(/^ok\n/);
  });

  test("runs two monitors at most, and ends one with its connection", async () => {
    const monitors = [connect(path), connect(path)];
    for (const monitor of monitors) {
      await once(monitor, "connect");
      monitor.write("monitor\n");
    }
    await expect.poll(() => send("monitor\n")).toBe("failed\ntoo many monitors");
    monitors[0]!.destroy();
    // The third is refused until the helper has noticed that the first has ended.
    await expect.poll(() => isRefused("monitor\n")).toBe(false);
    monitors[1]!.destroy();
  });

  /** Whether the helper ends a connection, or keeps it open after another one has been answered. */
  async function isRefused(request: string): Promise<boolean> {
    const socket = connect(path);
    socket.write(request);
    const refused = text(socket).then(
      (answer) => answer !== "",
      () => false,
    );
    const isOpen = send("ids\n").then(() => false);
    const result = await Promise.race([refused, isOpen]);
    socket.destroy();
    return result;
  }
});

describe("monitorNamespaces()", () => {
  test("reports the end of the helper", async () => {
    const ended = Promise.withResolvers<void>();
    const sockets: Socket[] = [];
    helper.on("connection", (socket) => sockets.push(socket));
    const connected = once(helper, "connection");
    monitorNamespaces({ onLine: () => {}, onGap: () => {}, onEnd: () => ended.resolve() }, path);
    await connected;
    for (const socket of sockets) socket.destroy();
    await ended.promise;
  });
});
