import { describe, expect, test } from "vitest";
import type { Destination } from "../../../../../connector/relay/destination.ts";
import { parseResponseHead } from "../../../../../connector/relay/http1/parse-response-head.ts";
import { DEFAULT_RELAY_LIMITS } from "../../../../../connector/relay/limits.ts";
import { rewriteResponseHead } from "../../../../../connector/relay/policy/rewrite-response-head.ts";
import {
  LINK_ORIGIN,
  OWN,
  onEmbeddedLink,
  onLink,
  onPublic,
} from "../../../../support/relay/destinations.ts";
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
      `HTTP/1.1 200 OK\r\nServer: x\r\nLocation: ${OWN}/a\r\nVia: y\r\nx-robots-tag: noindex\r\n` +
        "cloudflare-cdn-cache-control: no-store\r\n",
    );
  });

  test("never shows a link's visitor the sandbox's id", () => {
    const lines =
      "Location: http://localhost:4000/a\r\nLink: <http://localhost:4000/a>\r\n" +
      "Access-Control-Allow-Origin: http://localhost:4000\r\nRefresh: 1; url=http://localhost:4000/\r\n";
    const seen = responseSeen(lines, onLink());
    expect(seen).not.toContain(SANDBOX_ID);
    expect(seen).toContain("Location: http://localhost:4000/a\r\n");
    expect(seen).not.toContain("Refresh");
    expect(responseSeen("Refresh: 1; url=http://localhost:3000/a\r\n", onLink())).toContain(
      `Refresh: 1; url=${LINK_ORIGIN}/a\r\n`,
    );
    expect(responseSeen("Location: http://localhost:3000/a\r\n", onLink())).toContain(
      `Location: ${LINK_ORIGIN}/a\r\n`,
    );
  });

  test.for([
    [[], "same-origin"],
    [["same-origin"], "same-origin"],
    [["no-referrer"], "no-referrer"],
    [["same-origin, No-Referrer"], "no-referrer"],
    [["no-referrer", "same-origin"], "same-origin"],
    [["origin"], "same-origin"],
    [["no-referrer, strict-origin-when-cross-origin"], "same-origin"],
    [["unsafe-url, same-origin"], "same-origin"],
    [["unsafe-url", "no-referrer"], "same-origin"],
    [[""], "same-origin"],
    [["no-referrer,"], "same-origin"],
    [["no-referrer,".repeat(1000)], "same-origin"],
  ] as const)("keeps a link out of Referer where the app sets %j", ([values, expected]) => {
    const lines = values.map((value) => `Referrer-Policy: ${value}\r\n`).join("");
    expect(responseSeen(lines, onLink()).match(/referrer-policy.*/gi)).toEqual([
      `referrer-policy: ${expected}`,
    ]);
  });

  test("leaves Referrer-Policy to the app at its public hostname", () => {
    expect(responseSeen("", onPublic())).not.toContain("referrer-policy");
    expect(responseSeen("Referrer-Policy: unsafe-url\r\n", onPublic())).toContain(
      "Referrer-Policy: unsafe-url\r\n",
    );
  });

  test.for([
    [519, false],
    [520, true],
    [530, true],
    [531, false],
  ] as const)("marks an app's own %d, if Cloudflare has the same status: %j", ([status, isMarked]) => {
    const head = parseResponseHead(`HTTP/1.1 ${status} X\r\n\r\n`, DEFAULT_RELAY_LIMITS)!;
    expect(rewriteResponseHead(head, onPublic()).includes("preview-app: 1\r\n")).toBe(isMarked);
  });

  test("passes addresses over 8 KiB as they are, and drops other values that it would rewrite", () => {
    const long = "x".repeat(8 * 1024);
    for (const name of ["Location", "Refresh", "Link"])
      expect(responseSeen(`${name}: ${long}y\r\n`, onPublic())).toContain(`${name}: ${long}y\r\n`);
    for (const name of ["Set-Cookie", "Clear-Site-Data"])
      expect(responseSeen(`${name}: ${long}y\r\n`, onPublic())).not.toContain(name);
    expect(responseSeen(`Set-Cookie: ${long}\r\n`, onPublic())).toContain(`Set-Cookie: ${long}\r\n`);
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

describe("rewriteResponseHead() on a link that may be embedded", () => {
  const ANCESTORS =
    "content-security-policy: frame-ancestors 'self' https://app.example.org https://b.example:8443\r\n";
  const FORBIDDING =
    "X-Frame-Options: DENY\r\nContent-Security-Policy: default-src 'self'; frame-ancestors 'none'\r\n" +
    "Content-Security-Policy: frame-ancestors 'none'\r\n";

  test("lets these origins embed it, and no other, whatever the app says", () => {
    const seen = responseSeen(FORBIDDING, onEmbeddedLink());
    expect(seen).not.toMatch(/x-frame-options|'none'/i);
    expect(seen).toContain("Content-Security-Policy: default-src 'self'\r\n");
    expect(seen).toContain(ANCESTORS);
    expect(seen.match(/content-security-policy/gi)).toHaveLength(2);
    expect(responseSeen("", onEmbeddedLink())).toContain(ANCESTORS);
  });

  test("makes the app's cookies those of a frame, and host-only", () => {
    expect(responseSeen("Set-Cookie: a=1; SameSite=Lax; Domain=example.com\r\n", onEmbeddedLink())).toContain(
      "Set-Cookie: a=1; SameSite=None; Secure; Partitioned\r\n",
    );
  });

  test("leaves a policy that only reports, and one over 8 KiB, as they are", () => {
    const reporting = "Content-Security-Policy-Report-Only: frame-ancestors 'none'\r\n";
    expect(responseSeen(reporting, onEmbeddedLink())).toContain(reporting);
    const long = `Content-Security-Policy: img-src ${"x".repeat(8 * 1024)}\r\n`;
    expect(responseSeen(long, onEmbeddedLink())).toContain(long);
  });

  test.each([
    ["a link without the option", onLink()],
    ["a public hostname", onPublic()],
  ])("changes nothing for %s", (_case, destination) => {
    const seen = responseSeen(`${FORBIDDING}Set-Cookie: a=1; SameSite=Lax\r\n`, destination);
    expect(seen).toContain(FORBIDDING);
    expect(seen).toContain("Set-Cookie: a=1; SameSite=Lax\r\n");
    expect(seen).not.toContain("'self' https://");
  });
});
