import { describe, expect, test } from "vitest";
import type { RefusalCode } from "../../../../shared/refusal/refusal.ts";
import { refuse } from "../../../../shared/refusal/refusal.ts";
import type { RenderedRefusal } from "../../../../shared/refusal/render-refusal.ts";
import { renderRefusal } from "../../../../shared/refusal/render-refusal.ts";

const ask = (code: RefusalCode, path: string, method = "GET", html = false): RenderedRefusal =>
  renderRefusal(refuse(code), { requestId: "r-1", html, method, path });

describe("isRobotsQuestion()", () => {
  test.each(["unknown_host", "sandbox_not_found", "link_invalid", "suspended"] as const)(
    "has /robots.txt forbid everything in place of %s, which crawlers take for permission",
    (code) => {
      const { status, headers, body } = ask(code, "/robots.txt");
      expect([status, body]).toEqual([200, "User-agent: *\nDisallow: /\n"]);
      expect(Object.fromEntries(headers)).toMatchObject({
        "content-type": "text/plain; charset=utf-8",
        "preview-error": code,
        "cache-control": "no-store",
      });
    },
  );

  test("shows a person the same", () => {
    expect(ask("link_invalid", "/robots.txt", "GET", true).body).toBe("User-agent: *\nDisallow: /\n");
    expect(ask("link_invalid", "/robots.txt", "HEAD").status).toBe(200);
  });

  test.each([
    ["429, which makes crawlers wait", "rate_limited", "/robots.txt", "GET", 429],
    ["5xx, which makes crawlers wait", "port_closed", "/robots.txt", "GET", 502],
    ["another path", "link_invalid", "/robots.txt/", "GET", 403],
    ["another method", "link_invalid", "/robots.txt", "POST", 403],
  ] as const)("leaves %s", (_case, code, path, method, status) => {
    expect(ask(code, path, method).status).toBe(status);
  });
});
