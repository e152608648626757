import { describe, expect, test } from "vitest";
import type { Destination } from "../../../../../connector/relay/destination.ts";
import {
  parseRequestHead,
  type RequestHead,
} from "../../../../../connector/relay/http1/parse-request-head.ts";
import { parseResponseHead } from "../../../../../connector/relay/http1/parse-response-head.ts";
import { DEFAULT_RELAY_LIMITS } from "../../../../../connector/relay/limits.ts";
import { isolateCookie } from "../../../../../connector/relay/policy/isolate-cookie.ts";
import {
  findPreviewPort,
  publicOrigin,
  toLocalUrl,
  toPublicUrl,
} from "../../../../../connector/relay/policy/preview-origin.ts";
import { rewriteRequestHead } from "../../../../../connector/relay/policy/rewrite-request-head.ts";
import { rewriteResponseHead } from "../../../../../connector/relay/policy/rewrite-response-head.ts";
import { destinationTo, type RelayFacts, SANDBOX_ID } from "../../../../support/start-relay.ts";

const TOKEN = "a".repeat(63);
const OWN = `https://3000-${SANDBOX_ID}.example.com`;
const SIBLING = `https://4000-${SANDBOX_ID}.example.com`;
const LINK = { id: "ab12", keyVersion: 0 };
const onPublic = (facts: RelayFacts = {}) => destinationTo(3000, facts);
const onLink = () =>
  destinationTo(3000, { destination: { link: LINK, publicHost: `${TOKEN}.preview.example.com` } });
const DASHED_LINK = destinationTo(3000, {
  destination: { link: LINK, publicHost: `${TOKEN}.preview.my-site.example` },
});
const LINK_ORIGIN = `https://${TOKEN}.preview.example.com`;

function requestSeen(fieldLines: string, destination: Destination): string {
  const head = parseRequestHead(`GET / HTTP/1.1\r\nHost: a\r\n${fieldLines}\r\n`, DEFAULT_RELAY_LIMITS);
  return rewriteRequestHead(head as RequestHead, destination);
}

function responseSeen(fieldLines: string, destination: Destination): string {
  return rewriteResponseHead(
    parseResponseHead(`HTTP/1.1 200 OK\r\n${fieldLines}\r\n`, DEFAULT_RELAY_LIMITS)!,
    destination,
  );
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
});

describe("rewriteResponseHead()", () => {
  test("writes a whole head", () => {
    const lines = "Server: x\r\nConnection: close\r\nLocation: http://localhost:3000/a\r\nVia: y\r\n";
    expect(responseSeen(lines, onPublic())).toBe(
      `HTTP/1.1 200 OK\r\nServer: x\r\nLocation: ${OWN}/a\r\nVia: y\r\nx-robots-tag: noindex\r\n`,
    );
  });

  test("never tells a link's visitor which sandbox it is", () => {
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

describe("findPreviewPort()", () => {
  test.for([
    [OWN, 3000],
    [OWN.toUpperCase(), 3000],
    [SIBLING, 4000],
    [`https://0-${SANDBOX_ID}.example.com`, undefined],
    [`https://03000-${SANDBOX_ID}.example.com`, undefined],
    [`https://65536-${SANDBOX_ID}.example.com`, undefined],
    [`https://-${SANDBOX_ID}.example.com`, undefined],
    [`https://a.4000-${SANDBOX_ID}.example.com`, undefined],
    [`http://3000-${SANDBOX_ID}.example.com`, undefined],
    ["null", undefined],
    ["", undefined],
  ] as const)("finds %j at %j", ([origin, port]) => {
    expect(findPreviewPort(origin, onPublic())).toBe(port);
  });
});

describe("toLocalUrl() and toPublicUrl()", () => {
  test.for([
    [`${OWN}/a`, "http://localhost:3000/a"],
    [`${OWN}?a`, "http://localhost:3000?a"],
    [OWN, "http://localhost:3000"],
    [`${OWN}.evil.example/`, `${OWN}.evil.example/`],
    [`${OWN}@evil.example/`, `${OWN}@evil.example/`],
    ["/a", "/a"],
  ] as const)("make %j local", ([url, expected]) => {
    expect(toLocalUrl(url, onPublic())).toBe(expected);
  });

  test.for([
    ["http://localhost:3000", OWN],
    ["HTTPS://LOCALHOST:3000/A", `${OWN}/A`],
    ["http://0.0.0.0:4000/a", `${SIBLING}/a`],
    ["http://localhost/a", `https://80-${SANDBOX_ID}.example.com/a`],
    ["https://[::1]/a", `https://443-${SANDBOX_ID}.example.com/a`],
    ["http://localhost:0/", "http://localhost:0/"],
    ["http://localhost:3000.evil.example/", "http://localhost:3000.evil.example/"],
    ["http://localhostx:3000/", "http://localhostx:3000/"],
    ["ws://localhost:3000/", "ws://localhost:3000/"],
  ] as const)("make %j public", ([url, expected]) => {
    expect(toPublicUrl(url, onPublic())).toBe(expected);
  });

  test("take no part of a link's domain for a sandbox", () => {
    expect(findPreviewPort("https://4000-site.example", DASHED_LINK)).toBeUndefined();
    expect(publicOrigin(4000, DASHED_LINK)).toBeUndefined();
  });

  test("publicOrigin() knows a link's own origin only", () => {
    expect(publicOrigin(3000, onLink())).toBe(LINK_ORIGIN);
    expect(publicOrigin(4000, onLink())).toBeUndefined();
  });
});

describe("isolateCookie()", () => {
  test.for([
    ["a=1", "a=1"],
    ["a=1; Domain=example.com", "a=1"],
    ["a=1; Domain=.Example.COM; Path=/", "a=1; Path=/"],
    ["a=1;domain=example.com;Secure", "a=1;Secure"],
    ["a=1; Domain = com", "a=1"],
    ["a=1; Domain=localhost", "a=1"],
    ["a=1; Domain=127.0.0.1", "a=1"],
    ["a=1; Domain=[::1]", "a=1"],
    ["a=1; Domain=x.example; Domain=example.com", "a=1; Domain=x.example"],
    ["a=1; Domain=other.example", "a=1; Domain=other.example"],
    [`a=1; Domain=3000-${SANDBOX_ID}.example.com`, `a=1; Domain=3000-${SANDBOX_ID}.example.com`],
    ["domain=example.com; Path=/", "domain=example.com; Path=/"],
    ["a=domain; Secure", "a=domain; Secure"],
  ] as const)("makes %j into %j", ([cookie, expected]) => {
    expect(isolateCookie(cookie, `3000-${SANDBOX_ID}.example.com`)).toBe(expected);
    expect(isolateCookie(cookie, `3000-${SANDBOX_ID}.example.com:8787`)).toBe(expected);
  });
});
