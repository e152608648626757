import { describe, expect, test } from "vitest";
import type { CorsRequest } from "../../../../shared/refusal/cors-request.ts";
import type { RefusalCode } from "../../../../shared/refusal/refusal.ts";
import { REFUSALS, refuse } from "../../../../shared/refusal/refusal.ts";
import type { RenderedRefusal } from "../../../../shared/refusal/render-refusal.ts";
import { renderRefusal } from "../../../../shared/refusal/render-refusal.ts";

const ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const SIBLING = `https://3000-${ID}.example.com`;
const PREFLIGHT: CorsRequest = { origin: SIBLING, method: "PUT", headers: "authorization,content-type" };

function render(code: RefusalCode, method: string, cors: CorsRequest): RenderedRefusal {
  const publicHost = `8000-${ID}.example.com`;
  return renderRefusal(refuse(code, { retryAfterS: 2 }), {
    requestId: "r-1",
    html: false,
    method,
    scheme: "https",
    publicHost,
    cors,
  });
}
const fieldsOf = ({ headers }: RenderedRefusal): Record<string, string> => Object.fromEntries(headers);

describe("corsFields()", () => {
  test("lets a sibling port read a refusal, its code and when to come again", () => {
    const rendered = render("rate_limited", "GET", { origin: SIBLING });
    expect(rendered.status).toBe(429);
    expect(fieldsOf(rendered)).toMatchObject({
      "access-control-allow-origin": SIBLING,
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": "preview-error, retry-after, ratelimit, ratelimit-policy",
      vary: "origin",
      "retry-after": "2",
    });
  });

  test.each(["https://evil.example", "null", `https://3000-${ID}.example.com.evil.test`])(
    "does not to %s",
    (origin) => {
      const names = Object.keys(fieldsOf(render("rate_limited", "GET", { origin })));
      expect(names.filter((name) => name.startsWith("access-control"))).toEqual([]);
    },
  );
});

describe("preflightFields()", () => {
  test("agrees to what a sibling port is about to send, and writes no body", () => {
    const rendered = render("port_closed", "OPTIONS", PREFLIGHT);
    expect(rendered).toMatchObject({ status: 204, body: "" });
    expect(fieldsOf(rendered)).toEqual({
      "cache-control": "no-store",
      "preview-error": "port_closed",
      "x-robots-tag": "noindex",
      "access-control-allow-origin": SIBLING,
      "access-control-allow-methods": "PUT",
      "access-control-allow-headers": "authorization,content-type",
      "access-control-allow-credentials": "true",
      "access-control-max-age": "0",
      vary: "origin, access-control-request-method, access-control-request-headers",
    });
  });

  test.each(["rate_limited", "too_many_connections", "draining", "host_unreachable"] as const)(
    "agrees to no cookies after %s, since the app may get what follows",
    (code) => {
      const rendered = render(code, "OPTIONS", PREFLIGHT);
      expect(rendered.status).toBe(204);
      expect(fieldsOf(rendered)).not.toHaveProperty("access-control-allow-credentials");
    },
  );

  test.each([
    ["a foreign origin's preflight", "OPTIONS", { ...PREFLIGHT, origin: "https://evil.example" }],
    ["OPTIONS that is no preflight", "OPTIONS", { origin: SIBLING }],
    ["another method", "PUT", PREFLIGHT],
    ["a method that is no token", "OPTIONS", { ...PREFLIGHT, method: "PUT\u00e9" }],
    ["a list that holds more than tokens", "OPTIONS", { ...PREFLIGHT, headers: 'a"b' }],
    ["a list over 4096 characters", "OPTIONS", { ...PREFLIGHT, headers: "a".repeat(4094) }],
  ])("leaves %s to its refusal", (_case, method, cors) => {
    expect(render("port_closed", method, cors).status).toBe(502);
  });

  test("accepts a list of 4096 characters with the method", () => {
    expect(render("port_closed", "OPTIONS", { ...PREFLIGHT, headers: "a".repeat(4093) }).status).toBe(204);
  });

  test.each(["guest_not_here", "pass_invalid"] as const)("leaves %s to the edge", (code) => {
    expect(render(code, "OPTIONS", PREFLIGHT).status).toBe(REFUSALS[code].status);
  });
});
