import { describe, expect, test } from "vitest";
import { parseResponseHead } from "../../../../../connector/relay/http1/parse-response-head.ts";
import { DEFAULT_RELAY_LIMITS } from "../../../../../connector/relay/limits.ts";
import { findHiddenPort } from "../../../../../connector/relay/policy/find-hidden-port.ts";
import { onLink } from "../../../../support/relay/destinations.ts";
import { RelayStage } from "../../../../support/relay/relay-stage.ts";

const stage = RelayStage.set();

const find = (status: number, location: string): number | undefined =>
  findHiddenPort(
    parseResponseHead(`HTTP/1.1 ${status} X\r\nLocation: ${location}\r\n\r\n`, DEFAULT_RELAY_LIMITS)!,
    onLink(),
  );

describe("findHiddenPort()", () => {
  test.each([301, 302, 303, 307, 308])("finds another port of localhost in a %d", (status) => {
    expect(find(status, "http://localhost:8000/a")).toBe(8000);
  });

  test.each([
    "http://127.0.0.1:8000",
    "https://[::1]:8000/",
    "http://0.0.0.0:8000?a",
    "HTTP://LOCALHOST:8000",
  ])("finds it in %s", (location) => {
    expect(find(302, location)).toBe(8000);
  });

  test("finds the default port, and one behind a long path", () => {
    expect(find(302, "http://localhost/")).toBe(80);
    expect(find(302, `http://localhost:8000/${"a".repeat(9000)}`)).toBe(8000);
  });

  test.each([
    [302, "http://localhost:3000/a"],
    [302, "/a"],
    [302, "https://example.com/"],
    [302, "http://localhost.example.com/"],
    [201, "http://localhost:8000/a"],
    [304, "http://localhost:8000/a"],
  ])("finds none in %d %s", (status, location) => {
    expect(find(status, location)).toBeUndefined();
  });

  test("has a link's visitor see port_not_linked in place of the redirect, on a connection that goes on", async () => {
    const { link, holder, publicHost } = onLink();
    const { guest, visit } = await stage.start({ destination: { link, holder, publicHost } });
    const visitor = visit();
    const get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
    visitor.send(get);
    const redirect =
      "HTTP/1.1 302 Found\r\nLocation: http://localhost:8000/login\r\ncontent-length: 4\r\n\r\nbody";
    (await guest.nextRequest()).respond(redirect);
    const refused = await visitor.readResponse();
    expect(refused.status).toBe(403);
    expect(refused.fields.get("location")).toBeUndefined();
    const problem = JSON.parse(refused.body) as { code: string; detail: string };
    expect(problem.code).toBe("port_not_linked");
    expect(problem.detail).toMatch(/redirects to port 8000 .* only port \d+\./);
    visitor.send(get);
    (await guest.nextRequest()).respond(`HTTP/1.1 302 Found\r\nLocation: /b\r\ncontent-length: 0\r\n\r\n`);
    expect((await visitor.readResponse()).fields.get("location")).toBe("/b");
  });
});
