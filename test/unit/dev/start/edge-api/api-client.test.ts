import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { findFreePort } from "../../../../../dev/find-free-port.ts";
import { ApiClient, ApiError } from "../../../../../dev/start/edge-api/api-client.ts";
import { describeFailure } from "../../../../../dev/start/terminal/describe-failure.ts";

let server: http.Server | undefined;
afterEach(() => server?.close());

/** Answers with these statuses in turn, then with the last one again and again. */
async function answer(statuses: number[], retryAfter: string): Promise<string> {
  server = http.createServer((_request, response) => {
    const status = statuses.length > 1 ? statuses.shift() : statuses[0];
    response.writeHead(status ?? 500, { "retry-after": retryAfter }).end('{"ok":true}');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("ApiClient.call()", () => {
  test("waits out 429 and 503 as long as they ask for", async () => {
    const client = new ApiClient(await answer([429, 503, 200], "0.2"), "token");
    const startedMs = performance.now();
    expect(await client.call("GET", "/")).toEqual({ ok: true });
    expect(performance.now() - startedMs).toBeGreaterThan(390);
  });

  test.each(["3600", "soon", "-1"])(
    "gives up where the wait would exceed its limit: %s",
    async (retryAfter) => {
      const client = new ApiClient(await answer([429], retryAfter), "token", 300);
      await expect(client.call("GET", "/path")).rejects.toThrow(/refused GET \/path: 429/);
    },
  );

  test("refuses other statuses at once, and a missing server, with an expected error", async () => {
    const refused = await new ApiClient(await answer([403], "0"), "token")
      .call("GET", "/")
      .catch((error) => error);
    expect(refused).toBeInstanceOf(ApiError);
    const gone = new ApiClient(`http://127.0.0.1:${await findFreePort()}`, "token");
    const error = await gone.call("GET", "/").catch((failure: unknown) => failure);
    expect(describeFailure(error)).toMatch(/does not answer: ECONNREFUSED/);
    expect(describeFailure(new TypeError("a bug"))).toBeUndefined();
  });
});

describe("ApiClient.isAllowed()", () => {
  test("takes an unknown token as no, and a broken edge as a failure", async () => {
    expect(await new ApiClient(await answer([401], "0"), "old").isAllowed("GET", "/")).toBe(false);
    server?.close();
    await expect(new ApiClient(await answer([500], "0"), "old").isAllowed("GET", "/")).rejects.toThrow("500");
  });
});
