import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { postJson } from "../../../../connector/edge/post-json.ts";

let server: http.Server;

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

async function serve(respond: http.RequestListener): Promise<string> {
  server = http.createServer(respond);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const call = (url: string) => postJson({ url, headers: {}, body: { a: "é" }, timeoutMs: 2_000 });

describe("postJson()", () => {
  test("repeats a call on a new connection where a kept one was closed while it was sent", async () => {
    const ports: (number | undefined)[] = [];
    const url = await serve(({ socket }, response) => {
      const isKept = ports.includes(socket.remotePort);
      ports.push(socket.remotePort);
      if (isKept) return socket.resetAndDestroy();
      response.end("{}");
    });
    await call(url);
    await new Promise(setImmediate);
    expect(await call(url)).toMatchObject({ status: 200, value: {} });
    expect(new Set(ports).size).toBe(2);
    expect(ports).toHaveLength(3);
  });

  test("does not repeat one on a new connection that is closed", async () => {
    let calls = 0;
    const url = await serve(({ socket }) => {
      calls++;
      socket.resetAndDestroy();
    });
    await expect(call(url)).rejects.toThrow();
    expect(calls).toBe(1);
  });

  test("does not follow a redirect", async () => {
    const url = await serve((_request, response) => response.writeHead(307, { location: "/other" }).end());
    expect(await call(url)).toMatchObject({ status: 307, value: undefined });
  });

  test("ends a response that is longer than 4 MiB", async () => {
    const url = await serve((_request, response) => response.end("x".repeat(5 * 1024 * 1024)));
    await expect(call(url)).rejects.toThrow("longer");
  });
});
