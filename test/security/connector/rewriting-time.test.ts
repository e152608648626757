import { describe, expect, test } from "vitest";
import { HeadReader } from "../../../connector/relay/http1/head-reader.ts";
import type { RequestHead } from "../../../connector/relay/http1/parse-request-head.ts";
import { parseRequestHead } from "../../../connector/relay/http1/parse-request-head.ts";
import { parseResponseHead } from "../../../connector/relay/http1/parse-response-head.ts";
import { DEFAULT_RELAY_LIMITS } from "../../../connector/relay/limits.ts";
import { embedCookie } from "../../../connector/relay/policy/embedding/embed-cookie.ts";
import { withoutFrameAncestors } from "../../../connector/relay/policy/embedding/without-frame-ancestors.ts";
import { isolateClearSiteData } from "../../../connector/relay/policy/isolate-clear-site-data.ts";
import { isolateCookie } from "../../../connector/relay/policy/isolate-cookie.ts";
import { toLocalUrl, toPublicOrigin, toPublicUrl } from "../../../connector/relay/policy/preview-origin.ts";
import { rewriteLinkTargets } from "../../../connector/relay/policy/rewrite-link-targets.ts";
import { rewriteRefresh } from "../../../connector/relay/policy/rewrite-refresh.ts";
import { rewriteRequestHead } from "../../../connector/relay/policy/rewrite-request-head.ts";
import { rewriteResponseHead } from "../../../connector/relay/policy/rewrite-response-head.ts";
import { withoutZoneCookies } from "../../../connector/relay/policy/without-zone-cookies.ts";
import { writeRefusal } from "../../../connector/relay/policy/write-refusal.ts";
import { isRefusal, refuse } from "../../../shared/refusal/refusal.ts";
import { onEmbeddedLink, onLink, onPublic } from "../../support/relay/destinations.ts";
import { leastMs } from "../../support/relay/least-ms.ts";

/** Growth of the time where the input's length doubles. */
const MAX_GROWTH = 3;
/** Times below this are taken for this, so that noise decides nothing. The regular expression took 3 000 ms. */
const FLOOR_MS = 10;

function expectLinear(lengthLimit: number, run: (length: number) => unknown): void {
  const [halfMs, wholeMs] = [lengthLimit / 2, lengthLimit].map((length) => leastMs(() => run(length)));
  expect(wholeMs).toBeLessThanOrEqual(MAX_GROWTH * Math.max(halfMs!, FLOOR_MS));
}

/** Repeats `unit` up to a length. */
function fill(unit: string, length: number): string {
  return unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
}

/** What stands between `before` and `after` is repeated up to the limit. */
const WORST_VALUES = [
  ["", "\xa0", "x"],
  ["", " ", "x"],
  ["5;", " ", "x"],
  ["5; url", " ", "=x"],
  ["", "0", ""],
  ["", "0;", ""],
  ["", "<", ""],
  ["", "<", ">"],
  ["", "<>", ""],
  ["", "><", ""],
  ["", "<http://localhost:3000>,", ""],
  ["", ";", ""],
  ["", "; domain", ""],
  ["", ";domain=", ""],
  ["a; d", " ", "omain"],
  ["a; ", "domain", ""],
  ["", ",", ""],
  ["", '"cache",', ""],
  ["", "same-origin,", ""],
  ["", "timeout=,", ""],
  ["http://localhost:", "1", ""],
  ["http://localhost", ":", "/"],
  ["", "http://", ""],
  ["", "://", ""],
  ["", ":1", "x"],
  ["", "cf;", ""],
  ["", "CF_Authorization=;", ""],
  ["", "cf", ""],
  ["", '"', ""],
  ["", "\\", ""],
  ["", "text/htm,", ""],
  ["", "frame-ancestors;", ""],
  ["", "frame-ancestors,", ""],
  ["frame-ancestors", " ", ";"],
  ["", "; samesite", ""],
  ["a; s", " ", "ecure"],
] as const;

function worstValue([before, unit, after]: readonly [string, string, string], length: number): string {
  return before + fill(unit, length - before.length - after.length) + after;
}

const RESPONSE_FIELDS = [
  "Refresh",
  "Link",
  "Set-Cookie",
  "Clear-Site-Data",
  "Location",
  "Access-Control-Allow-Origin",
  "Referrer-Policy",
  "Keep-Alive",
  "Connection",
  "Content-Security-Policy",
  "X-Frame-Options",
];
const REQUEST_FIELDS = ["Cookie", "Origin", "Referer", "Content-Type", "Connection", "Accept", "Host"];
const { maxRequestHeadBytes, maxResponseHeadBytes } = DEFAULT_RELAY_LIMITS;
const ROOM_BYTES = 200;

function rewriteResponse(fieldLines: string): void {
  const head = parseResponseHead(`HTTP/1.1 200 OK\r\n${fieldLines}\r\n`, DEFAULT_RELAY_LIMITS);
  if (head === undefined) return;
  for (const destination of [onPublic(), onLink(), onEmbeddedLink()]) rewriteResponseHead(head, destination);
}

function rewriteRequest(fieldLines: string, target = "/"): void {
  const text = `GET ${target} HTTP/1.1\r\nHost: a\r\n${fieldLines}\r\n`;
  const head = parseRequestHead(text, DEFAULT_RELAY_LIMITS);
  if (isRefusal(head)) return;
  for (const destination of [onPublic(), onPublic({ upstream: { headerPolicy: "public" } })])
    rewriteRequestHead(head as RequestHead, destination);
  writeRefusal(refuse("port_closed"), { head, destination: onPublic(), requestId: "", keepAlive: true });
}

describe("1.1 The worst value of a field that is rewritten takes linear time", () => {
  test.for(RESPONSE_FIELDS)("in a response's %s, at the limits of value and head", (name) => {
    for (const value of WORST_VALUES) {
      for (const limit of [8 * 1024, maxResponseHeadBytes - ROOM_BYTES])
        expectLinear(limit, (length) => rewriteResponse(`${name}: ${worstValue(value, length)}\r\n`));
    }
  });

  test.for(REQUEST_FIELDS)("in a request's %s, at the limits of value and head", (name) => {
    for (const value of WORST_VALUES) {
      for (const limit of [8 * 1024, maxRequestHeadBytes - ROOM_BYTES])
        expectLinear(limit, (length) => rewriteRequest(`${name}: ${worstValue(value, length)}\r\n`));
    }
  });

  test("in a response that repeats the worst value up to the head's limit", () => {
    for (const name of RESPONSE_FIELDS) {
      for (const value of WORST_VALUES) {
        const line = `${name}: ${worstValue(value, 8 * 1024)}\r\n`;
        expectLinear(maxResponseHeadBytes - ROOM_BYTES, (length) => {
          rewriteResponse(line.repeat(Math.floor(length / line.length)));
        });
      }
    }
  });

  // Without the limits of a head, which hide what a function costs.
  test.for([
    ["rewriteRefresh", (value: string) => rewriteRefresh(value, (url) => url)],
    ["rewriteLinkTargets", (value: string) => rewriteLinkTargets(value, (url) => url)],
    ["isolateCookie", isolateCookie],
    ["embedCookie", embedCookie],
    ["withoutFrameAncestors", withoutFrameAncestors],
    ["isolateClearSiteData", isolateClearSiteData],
    ["withoutZoneCookies", withoutZoneCookies],
    ["toPublicUrl", (value: string) => toPublicUrl(value, onPublic())],
    ["toPublicOrigin", (value: string) => toPublicOrigin(value, onPublic())],
    ["toLocalUrl", (value: string) => toLocalUrl(value, onPublic())],
  ] as const)("in %s(), at 128 KiB", ([, rewrite]) => {
    for (const value of WORST_VALUES)
      expectLinear(128 * 1024, (length) => rewrite(worstValue(value, length)));
  });

  test.for(["-", "_", "a", "a_", "x-forwarded"])("in a field's name of many %j", (unit) => {
    expectLinear(maxRequestHeadBytes - ROOM_BYTES, (length) =>
      rewriteRequest(`${fill(unit, length)}: 1\r\n`),
    );
    expectLinear(maxResponseHeadBytes - ROOM_BYTES, (length) =>
      rewriteResponse(`${fill(unit, length)}: 1\r\n`),
    );
  });

  test.for(["a", ":", "/", "?", "http://"])("in a request's absolute target of many %j", (unit) => {
    expectLinear(maxRequestHeadBytes - ROOM_BYTES, (length) =>
      rewriteRequest("", `http://${fill(unit, length)}`),
    );
  });
});

describe("1.3 Connection with thousands of options", () => {
  const others = Array.from({ length: 190 }, (_, index) => `x-${index}: 1\r\n`).join("");

  test.for([
    ["a,", 31_000],
    [",", 62_000],
    ["x-1,", 6_500],
    ["close,", 9_000],
  ] as const)("is refused in less than 3 ms beside 190 fields (%j × %d)", ([unit, count]) => {
    const text = `HTTP/1.1 200 OK\r\nConnection: ${unit.repeat(count).slice(0, 62_000)}\r\n${others}\r\n`;
    expect(parseResponseHead(text, DEFAULT_RELAY_LIMITS)).toBeUndefined();
    // 190 fields alone take 0.2 ms.
    expect(leastMs(() => parseResponseHead(text, DEFAULT_RELAY_LIMITS))).toBeLessThan(3);
  });
});

describe("1.3 A head of 32 KiB in one-byte reads", () => {
  test.for([
    ["one long field", (length: number) => `GET / HTTP/1.1\r\nx: ${fill("a", length)}`],
    ["many short fields", (length: number) => `GET / HTTP/1.1\r\n${fill("x: 1\r\n", length)}`],
    ["CRs", (length: number) => `GET / HTTP/1.1\r\nx: ${fill("a\r\n", length)}`],
  ] as const)("is read in linear time (%s)", ([, create]) => {
    expectLinear(maxRequestHeadBytes, (length) => {
      const bytes = Buffer.from(create(length - ROOM_BYTES), "latin1");
      const reader = new HeadReader({ prefix: "", skipsEmptyLine: true });
      for (let at = 0; at < bytes.length; at++) reader.read(bytes, at, at + 1, maxRequestHeadBytes);
    });
    // Scanning it whole at each read took 2 700 ms.
    const bytes = Buffer.from(create(maxRequestHeadBytes - ROOM_BYTES), "latin1");
    const reader = new HeadReader({ prefix: "", skipsEmptyLine: true });
    const takenMs = leastMs(() => {
      for (let at = 0; at < bytes.length; at++) reader.read(bytes, at, at + 1, maxRequestHeadBytes);
      reader.clear();
    });
    expect(takenMs).toBeLessThan(150);
  });
});
