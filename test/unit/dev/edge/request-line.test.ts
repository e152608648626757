import { describe, expect, test } from "vitest";
import { formatRequest, parseRequestLine, REQUEST_PREFIX } from "../../../../dev/edge/request-line.ts";

const TOKEN = "bxyz2345".repeat(8).slice(0, 63);
const request = { method: "GET", status: 200, durationMs: 12 };

describe("formatRequest()", () => {
  test("has method, host, path, status and milliseconds", () => {
    expect(formatRequest({ ...request, url: "http://3000-a.localhost:8787/p?q=1" })).toBe(
      "GET 3000-a.localhost:8787/p?q=1 200 12 ms",
    );
  });

  test.each([
    `http://${TOKEN}.preview.localhost:8787/`,
    `http://${TOKEN.toUpperCase()}.preview.localhost/`,
    `http://3000-a.localhost/?preview-token=${TOKEN}&x`,
    "http://api.localhost/?token=pvo_secretsecretsecret",
  ])("masks the token of %s", (url) => {
    const line = formatRequest({ ...request, url });
    expect(line).toContain("…");
    expect(line.toLowerCase()).not.toContain(TOKEN);
    expect(line).not.toContain("secret");
  });

  test("cuts a long path, and a token before that", () => {
    const line = formatRequest({ ...request, url: `http://a/${"x/".repeat(5_000)}` });
    expect(line.length).toBeLessThan(230);
    const tokenAtCut = formatRequest({ ...request, url: `http://a/${"x/".repeat(90)}${TOKEN}` });
    expect(tokenAtCut).not.toContain(TOKEN.slice(0, 12));
  });
});

describe("parseRequestLine()", () => {
  test("tells a request's line from the edge's own", () => {
    expect(parseRequestLine(`${REQUEST_PREFIX}GET /`)).toBe("GET /");
    expect(parseRequestLine("{ event: 'request' }")).toBeUndefined();
  });
});
