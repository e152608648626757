import { mkdtemp, rm } from "node:fs/promises";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunningEdge } from "../../dev/edge/start-edge.ts";
import { startEdge } from "../../dev/edge/start-edge.ts";
import { findFreePort } from "../../dev/find-free-port.ts";
import { SecretsFile } from "../../dev/start/secrets-file.ts";
import { workerBindings } from "../../dev/start/worker-bindings.ts";

const SANDBOX = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const QUIET_MS = 3_000;

let directory: string;
let edge: RunningEdge;
let port: number;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "edge-requests-"));
  port = await findFreePort();
  const bindings = workerBindings(await new SecretsFile(directory).load());
  edge = await startEdge({ host: "127.0.0.1", port, stateDirectory: directory, bindings });
}, 60_000);

afterAll(async () => {
  await edge.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Sends bytes that no HTTP client would, and reads until the response's head and body are there. */
function exchange(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, "127.0.0.1");
    let received = "";
    socket.setTimeout(QUIET_MS, () => socket.destroy());
    socket.on("data", (bytes) => {
      received += bytes.toString("latin1");
      if (/\}\s*(\r\n0\r\n\r\n)?$/.test(received)) socket.destroy();
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(received));
    socket.write(text, "latin1");
  });
}

describe("a Host field that is no host", () => {
  test.each(["a b", "[", "%", "localhost:99999", "a.localhost\r\nHost: b.localhost"])(
    "%j is refused with 400 and a request id, not with a bare 500",
    async (host) => {
      const response = await exchange(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      expect(response).toMatch(/^HTTP\/1\.1 400 /);
      expect(response).toContain('"code":"request_malformed"');
      expect(response).toMatch(/"request_id":"[0-9a-f-]{36}"/);
    },
  );
});

describe("a GET or HEAD with a chunked body, which workerd would forward without it", () => {
  test("is refused", async () => {
    const head = `GET / HTTP/1.1\r\nHost: 3000-${SANDBOX}.localhost\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const response = await exchange(`${head}5\r\nhello\r\n0\r\n\r\n`);
    expect(response).toMatch(/^HTTP\/1\.1 400 /);
    expect(response).toContain('"code":"request_malformed"');
  });

  test("is not refused where its length is said", async () => {
    const head = `GET / HTTP/1.1\r\nHost: 3000-${SANDBOX}.localhost\r\nContent-Length: 5\r\n\r\nhello`;
    expect(await exchange(head)).toMatch(/^HTTP\/1\.1 404 /);
  });
});
