import { describe, expect, test } from "vitest";
import type { RefusalCode } from "../../../../shared/refusal/refusal.ts";
import { isRefusal, REFUSALS, refuse } from "../../../../shared/refusal/refusal.ts";
import type { RefusalRequest } from "../../../../shared/refusal/render-refusal.ts";
import { renderRefusal } from "../../../../shared/refusal/render-refusal.ts";

const PROGRAM: RefusalRequest = { requestId: "r-1", html: false };
const PERSON: RefusalRequest = { requestId: "r-1", html: true };
const CODES = Object.keys(REFUSALS) as RefusalCode[];

/** The statuses that the API's documentation promises. */
const PROMISED: Partial<Record<RefusalCode, number>> = {
  unknown_host: 404,
  sandbox_not_found: 404,
  link_malformed: 403,
  link_invalid: 403,
  link_expired: 403,
  link_revoked: 403,
  path_not_allowed: 403,
  rate_limited: 429,
  port_reserved: 403,
  port_limit: 403,
  port_closed: 502,
  guest_unreachable: 502,
  guest_protocol: 502,
  host_unreachable: 502,
  too_many_connections: 503,
  draining: 503,
  guest_timeout: 504,
  request_malformed: 400,
  pass_invalid: 403,
  guest_not_here: 421,
};

describe("refuse()", () => {
  test("makes a value that isRefusal() knows, with its facts", () => {
    expect(refuse("rate_limited")).toEqual({ kind: "refusal", code: "rate_limited" });
    expect(refuse("rate_limited", { retryAfterS: 3 })).toEqual({
      kind: "refusal",
      code: "rate_limited",
      retryAfterS: 3,
    });
    expect(isRefusal(refuse("internal"))).toBe(true);
  });

  test.each([undefined, null, "refused", 403, {}, []])("isRefusal() says no to %j", (value) => {
    expect(isRefusal(value)).toBe(false);
  });
});

describe("REFUSALS", () => {
  test.each(Object.entries(PROMISED))("gives %s the status %i", (code, status) => {
    expect(REFUSALS[code as RefusalCode].status).toBe(status);
  });

  test("says the same to everybody whose token is not valid, whatever is wrong with it", () => {
    expect(REFUSALS.link_malformed.title).toBe(REFUSALS.link_invalid.title);
    expect(REFUSALS.link_malformed.status).toBe(REFUSALS.link_invalid.status);
  });
});

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

  test.each(CODES)("renders %s as a page that runs and loads nothing", (code) => {
    const { status, headers, body } = renderRefusal(refuse(code), PERSON);
    const fields = Object.fromEntries(headers);
    expect(status).toBe(REFUSALS[code].status);
    expect(fields).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "preview-error": code,
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    });
    expect(body).toContain(`<title>${REFUSALS[code].title}</title>`);
    expect(body).toContain(code);
    expect(body).toContain("r-1");
    expect(body).not.toMatch(/<script|<img|<link|src=|@import|url\(/i);
  });

  test("escapes what comes from outside in HTML", () => {
    const request = { requestId: `"><script>1</script>`, html: true, publicHost: `3000-"><b>.example.com` };
    const refusal = refuse("port_closed", { detail: "<img src=x onerror='1'>&", openPorts: [80] });
    const { body } = renderRefusal(refusal, request);
    expect(body).not.toMatch(/<script|<img|<b>|onerror='/);
    expect(body).toContain("&#60;img src=x onerror=&#39;1&#39;&#62;&#38;");
  });

  test("overrides the public sentence, and keeps JSON whole", () => {
    const { body } = renderRefusal(refuse("request_invalid", { detail: `"/port" \u2028 <b>` }), PROGRAM);
    expect(JSON.parse(body)).toMatchObject({ detail: `"/port" \u2028 <b>`, code: "request_invalid" });
  });

  test("says when to come back, and the limit that was hit", () => {
    const refusal = refuse("rate_limited", { retryAfterS: 3, limit: { perSecond: 2, burst: 10 } });
    const { headers, body } = renderRefusal(refusal, PROGRAM);
    expect(Object.fromEntries(headers)).toMatchObject({
      "retry-after": "3",
      "ratelimit-policy": `"default";q=10;w=5`,
      ratelimit: `"default";r=0;t=3`,
    });
    expect(JSON.parse(body)).toMatchObject({ retry_after: 3 });
  });

  test("gives the ratelimit window at least a second, in whole seconds", () => {
    const window = (perSecond: number, burst: number) =>
      Object.fromEntries(
        renderRefusal(refuse("rate_limited", { limit: { perSecond, burst } }), PROGRAM).headers,
      )["ratelimit-policy"];
    expect(window(1000, 1)).toBe(`"default";q=1;w=1`);
    expect(window(3, 10)).toBe(`"default";q=10;w=4`);
  });

  test("leaves retry-after and ratelimit out where nothing is known", () => {
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

  test("links a closed port's page to the open ones of a public hostname", () => {
    const publicHost = "3000-0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b.example.com:8787";
    const refusal = refuse("port_closed", { openPorts: [5173, 8080] });
    const { body } = renderRefusal(refusal, { ...PERSON, publicHost, scheme: "http" });
    expect(body).toContain(
      `href="http://5173-0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b.example.com:8787/">5173</a>`,
    );
    expect(body).toContain(">8080</a>");
    expect(body).toContain(`http-equiv="refresh"`);
    expect(JSON.parse(renderRefusal(refusal, PROGRAM).body)).toMatchObject({ open_ports: [5173, 8080] });
  });

  test("names open ports without linking them from a link's hostname", () => {
    const refusal = refuse("port_closed", { openPorts: [5173] });
    const { body } = renderRefusal(refusal, {
      ...PERSON,
      publicHost: `${"a".repeat(63)}.preview.example.com`,
    });
    expect(body).toContain("<li>5173</li>");
    expect(body).not.toContain("<a href");
  });

  test("lists each invalid member", () => {
    const errors = [{ path: "/port", message: "Too small" }];
    expect(JSON.parse(renderRefusal(refuse("request_invalid", { errors }), PROGRAM).body)).toMatchObject({
      errors,
    });
  });
});
