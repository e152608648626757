import { describe, expect, test } from "vitest";
import type { RefusalCode } from "../../../../shared/refusal/refusal.ts";
import { REFUSALS, refuse } from "../../../../shared/refusal/refusal.ts";
import type { RefusalRequest } from "../../../../shared/refusal/refusal-request.ts";
import { renderRefusal } from "../../../../shared/refusal/render-refusal.ts";

const PROGRAM: RefusalRequest = { requestId: "r-1", html: false };
const CODES = Object.keys(REFUSALS) as RefusalCode[];

describe("renderRefusal()", () => {
  test.each(CODES)("renders %s as problem+json", (code) => {
    const { status, headers, body } = renderRefusal(refuse(code), PROGRAM);
    const fields = Object.fromEntries(headers);
    const { status: expected, title, detail } = REFUSALS[code];
    expect(status).toBe(expected);
    expect(fields).toMatchObject({
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      "preview-error": code,
      "x-robots-tag": "noindex",
    });
    expect(JSON.parse(body)).toEqual({
      type: "about:blank",
      title,
      status: expected,
      detail,
      code,
      request_id: "r-1",
    });
    expect(headers).toHaveLength(Object.keys(fields).length);
  });

  test("overrides the public sentence, escaped as JSON", () => {
    const { body } = renderRefusal(refuse("request_invalid", { detail: `"/port" \u2028 <b>` }), PROGRAM);
    expect(JSON.parse(body)).toMatchObject({ detail: `"/port" \u2028 <b>`, code: "request_invalid" });
  });

  test("writes retry-after, and the limit that was hit", () => {
    const refusal = refuse("rate_limited", { retryAfterS: 3, limit: { perSecond: 2, burst: 10 } });
    const { headers, body } = renderRefusal(refusal, PROGRAM);
    expect(Object.fromEntries(headers)).toMatchObject({
      "retry-after": "3",
      "ratelimit-policy": `"default";q=10;w=5`,
      ratelimit: `"default";r=0;t=3`,
    });
    expect(JSON.parse(body)).toMatchObject({ retry_after: 3 });
  });

  test("names the budget that refused, and the one of pages that was spent before", () => {
    const limit = { perSecond: 32, burst: 320 };
    const page = { budget: "hostname_pages", limit: { perSecond: 100, burst: 400 } } as const;
    const refusal = refuse("rate_limited", { retryAfterS: 1, limit, budget: "sandbox", page });
    expect(Object.fromEntries(renderRefusal(refusal, PROGRAM).headers)).toMatchObject({
      "ratelimit-policy": `"sandbox";q=320;w=10, "hostname_pages";q=400;w=4`,
      ratelimit: `"sandbox";r=0;t=1, "hostname_pages";r=0;t=1`,
    });
  });

  test("gives the ratelimit window at least a second, in whole seconds", () => {
    const window = (perSecond: number, burst: number) =>
      Object.fromEntries(
        renderRefusal(refuse("rate_limited", { limit: { perSecond, burst } }), PROGRAM).headers,
      )["ratelimit-policy"];
    expect(window(1000, 1)).toBe(`"default";q=1;w=1`);
    expect(window(3, 10)).toBe(`"default";q=10;w=4`);
  });

  test("omits retry-after and ratelimit where nothing is known", () => {
    const names = renderRefusal(refuse("rate_limited"), PROGRAM).headers.map(([name]) => name);
    expect(names).not.toContain("retry-after");
    expect(names).not.toContain("ratelimit");
  });

  test("asks for a bearer token with 401, and only then", () => {
    const { headers } = renderRefusal(refuse("unauthorized"), PROGRAM);
    expect(Object.fromEntries(headers)["www-authenticate"]).toMatch(/^Bearer realm="preview"/);
    expect(Object.fromEntries(renderRefusal(refuse("forbidden"), PROGRAM).headers)).not.toHaveProperty(
      "www-authenticate",
    );
  });

  test("lists each invalid member", () => {
    const errors = [{ path: "/port", message: "Too small" }];
    expect(JSON.parse(renderRefusal(refuse("request_invalid", { errors }), PROGRAM).body)).toMatchObject({
      errors,
    });
  });
});

describe("renderRefusal() for a person", () => {
  test.each(CODES)("renders %s as a page", (code) => {
    const { status, headers, body } = renderRefusal(refuse(code), { requestId: "r-1", html: true });
    expect(status).toBe(REFUSALS[code].status);
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "preview-error": code,
      "x-robots-tag": "noindex",
      "referrer-policy": "same-origin",
      "content-security-policy": expect.stringContaining("default-src 'none'"),
    });
    expect(body).toContain("<!doctype html>");
  });
});
