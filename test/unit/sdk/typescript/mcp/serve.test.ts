import * as http from "node:http";
import { Client as Agent } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findFreePort } from "../../../../../dev/find-free-port.ts";
import { Client } from "../../../../../sdk/typescript/src/index.ts";
import { serveHttp } from "../../../../../sdk/typescript/src/mcp/serve.ts";

const INFO = { id: "1a2b3c4d", status: "running", ports: [3000] };
const abort = new AbortController();

let url: string;
let port: number;

beforeAll(async () => {
  port = await findFreePort();
  const answer = async (): Promise<Response> => Response.json([INFO]);
  const client = new Client({ apiUrl: "https://api.acme.dev", token: "x", fetch: answer });
  url = await serveHttp(client, "1.2.3", port, abort.signal);
});

afterAll(() => abort.abort());

/** A request with fields that fetch does not let a program set. */
function post(headers: Record<string, string>, body = "{}", path = "/mcp", method = "POST"): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: "127.0.0.1", port, path, method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.once("error", reject);
    request.end(body);
  });
}

describe("serveHttp()", () => {
  test("serves the tools by streamable HTTP", async () => {
    const agent = new Agent({ name: "test", version: "1" });
    await agent.connect(new StreamableHTTPClientTransport(new URL(url)) as never);
    expect(agent.getServerVersion()).toMatchObject({ name: "pandastack-preview", version: "1.2.3" });
    const listed = await agent.callTool({ name: "list_sandboxes", arguments: {} });
    expect(listed.content).toEqual([{ type: "text", text: JSON.stringify([INFO]) }]);
    await agent.close();
  });

  test.each([
    ["a page's request", { origin: "https://evil.test" }, 403],
    ["a page's request from this machine", { origin: "http://localhost:3000" }, 403],
    ["a name that was made to lead here", { host: "evil.test" }, 403],
    ["another port", { host: "127.0.0.1:1" }, 403],
  ])("refuses %s", async (_what, headers, status) => {
    expect(await post(headers)).toBe(status);
  });

  test.each([
    ["no JSON", "{", "/mcp", "POST", 400],
    ["a body of more than 1 MiB", `"${"x".repeat(1024 * 1024)}"`, "/mcp", "POST", 400],
    ["another path", "{}", "/", "POST", 404],
    ["another method", "", "/mcp", "GET", 405],
  ])("refuses %s", async (_what, body, path, method, status) => {
    expect(await post({}, body, path, method)).toBe(status);
  });
});
