import { describe, expect, test } from "vitest";
import type { Destination } from "../../../../../connector/relay/destination.ts";
import type { RequestHead } from "../../../../../connector/relay/http1/parse-request-head.ts";
import { parseRequestHead } from "../../../../../connector/relay/http1/parse-request-head.ts";
import { DEFAULT_RELAY_LIMITS } from "../../../../../connector/relay/limits.ts";
import { rewriteRequestHead } from "../../../../../connector/relay/policy/rewrite-request-head.ts";
import { LINK_ORIGIN, OWN, onLink, onPublic, SIBLING } from "../../../../support/relay/destinations.ts";
import { SANDBOX_ID } from "../../../../support/relay/start-relay.ts";

function requestSeen(fieldLines: string, destination: Destination): string {
  const head = parseRequestHead(`GET / HTTP/1.1\r\nHost: a\r\n${fieldLines}\r\n`, DEFAULT_RELAY_LIMITS);
  return rewriteRequestHead(head as RequestHead, destination);
}

describe("rewriteRequestHead()", () => {
  test("writes a whole head under the local policy", () => {
    const lines = `Accept: */*\r\nOrigin: ${OWN}\r\nX-Forwarded-For: 1.1.1.1\r\nCookie: a=b\r\n`;
    expect(requestSeen(lines, onPublic())).toBe(
      "GET / HTTP/1.1\r\nHost: localhost:3000\r\nAccept: */*\r\nOrigin: http://localhost:3000\r\nCookie: a=b\r\n" +
        "X-Forwarded-For: 192.0.2.7\r\n\r\n",
    );
  });

  test("writes a whole head under the public policy", () => {
    const lines = `Origin: ${OWN}\r\nReferer: ${OWN}/a\r\nX-Forwarded-Host: evil\r\nForwarded: for=1.1.1.1\r\n`;
    expect(requestSeen(lines, onPublic({ upstream: { headerPolicy: "public" } }))).toBe(
      `GET / HTTP/1.1\r\nHost: 3000-${SANDBOX_ID}.example.com\r\nOrigin: ${OWN}\r\nReferer: ${OWN}/a\r\n` +
        `X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Host: 3000-${SANDBOX_ID}.example.com\r\n` +
        "X-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n\r\n",
    );
  });

  test("names the port of the public host where it has one", () => {
    const destination = onPublic({
      upstream: { headerPolicy: "public" },
      destination: { publicHost: `3000-${SANDBOX_ID}.localhost:8787`, proto: "http" },
    });
    expect(requestSeen("", destination)).toContain("X-Forwarded-Proto: http\r\nX-Forwarded-Port: 8787\r\n");
  });

  test("adds no address where the edge knew none", () => {
    const destination = onPublic({ destination: { clientIp: "" } });
    expect(requestSeen("X-Forwarded-For: 1.1.1.1\r\n", destination)).not.toMatch(/forwarded/i);
  });

  test("maps a link's own origin, and no other of the sandbox", () => {
    expect(requestSeen(`Origin: ${LINK_ORIGIN}\r\n`, onLink())).toContain(
      "Origin: http://localhost:3000\r\n",
    );
    expect(requestSeen(`Origin: ${SIBLING}\r\n`, onLink())).toContain(`Origin: ${SIBLING}\r\n`);
  });

  test("takes Cloudflare's cookies out, and drops a Cookie field without any other", () => {
    expect(requestSeen("Cookie: a=b; CF_Authorization=x\r\n", onPublic())).toContain("\r\nCookie: a=b\r\n");
    expect(requestSeen("Cookie: cf_clearance=x\r\n", onPublic())).not.toContain("Cookie");
    expect(requestSeen("cookie:  a=b;c=d\r\n", onPublic())).toContain("\r\ncookie:  a=b;c=d\r\n");
  });

  test("passes an Origin or Referer over 8 KiB as it is", () => {
    const long = `${OWN}/${"x".repeat(8 * 1024)}`;
    expect(requestSeen(`Referer: ${long}\r\nOrigin: ${long}\r\n`, onPublic())).toContain(
      `Referer: ${long}\r\nOrigin: ${long}\r\n`,
    );
  });
});
