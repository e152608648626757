import { describe, expect, test } from "vitest";
import type { Destination } from "../../../../../connector/relay/destination.ts";
import { parseResponseHead } from "../../../../../connector/relay/http1/parse-response-head.ts";
import { DEFAULT_RELAY_LIMITS } from "../../../../../connector/relay/limits.ts";
import { rewriteResponseHead } from "../../../../../connector/relay/policy/rewrite-response-head.ts";
import { LINK_ORIGIN, OWN, onLink, onPublic } from "../../../../support/relay/destinations.ts";
import { SANDBOX_ID } from "../../../../support/relay/start-relay.ts";

function responseSeen(fieldLines: string, destination: Destination): string {
  return rewriteResponseHead(
    parseResponseHead(`HTTP/1.1 200 OK\r\n${fieldLines}\r\n`, DEFAULT_RELAY_LIMITS)!,
    destination,
  );
}

describe("rewriteResponseHead()", () => {
  test("writes a whole head", () => {
    const lines = "Server: x\r\nConnection: close\r\nLocation: http://localhost:3000/a\r\nVia: y\r\n";
    expect(responseSeen(lines, onPublic())).toBe(
      `HTTP/1.1 200 OK\r\nServer: x\r\nLocation: ${OWN}/a\r\nVia: y\r\nx-robots-tag: noindex\r\n`,
    );
  });

  test("never shows a link's visitor the sandbox's id", () => {
    const lines =
      "Location: http://localhost:4000/a\r\nLink: <http://localhost:4000/a>\r\n" +
      "Access-Control-Allow-Origin: http://localhost:4000\r\nRefresh: 1; url=http://localhost:4000/\r\n";
    const seen = responseSeen(lines, onLink());
    expect(seen).not.toContain(SANDBOX_ID);
    expect(seen).toContain("Location: http://localhost:4000/a\r\n");
    expect(responseSeen("Location: http://localhost:3000/a\r\n", onLink())).toContain(
      `Location: ${LINK_ORIGIN}/a\r\n`,
    );
  });

  test("keeps a link out of Referer, unless the app decides itself", () => {
    expect(responseSeen("", onLink())).toContain("referrer-policy: same-origin\r\n");
    expect(responseSeen("Referrer-Policy: origin\r\n", onLink())).not.toContain("same-origin");
    expect(responseSeen("", onPublic())).not.toContain("referrer-policy");
  });

  test("leaves Access-Control-Allow-Origin alone under the public policy, and maps Location", () => {
    const destination = onPublic({ upstream: { headerPolicy: "public" } });
    const seen = responseSeen(
      "Access-Control-Allow-Origin: http://localhost:3000\r\nLocation: http://localhost:3000/\r\n",
      destination,
    );
    expect(seen).toContain("Access-Control-Allow-Origin: http://localhost:3000\r\n");
    expect(seen).toContain(`Location: ${OWN}/\r\n`);
  });

  test.for([
    ["0;url=http://localhost:3000/a", `0;url=${OWN}/a`],
    ["5; URL='http://127.0.0.1:3000/a'", `5; URL='${OWN}/a'`],
    ['5, url = "http://localhost:3000"', `5, url = "${OWN}"`],
    ["5", "5"],
    ["5; url=/a?u=http://localhost:3000/", "5; url=/a?u=http://localhost:3000/"],
  ] as const)("maps the URL of Refresh: %s", ([refresh, expected]) => {
    expect(responseSeen(`Refresh: ${refresh}\r\n`, onPublic())).toContain(`Refresh: ${expected}\r\n`);
  });
});
