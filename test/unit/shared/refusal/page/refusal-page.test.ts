import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { refusalPage } from "../../../../../shared/refusal/page/refusal-page.ts";
import type { Refusal, RefusalCode } from "../../../../../shared/refusal/refusal.ts";
import { REFUSALS, refuse } from "../../../../../shared/refusal/refusal.ts";
import type { RefusalRequest } from "../../../../../shared/refusal/refusal-request.ts";

const PERSON: RefusalRequest = { requestId: "r-1", html: true, method: "GET" };
const CODES = Object.keys(REFUSALS) as RefusalCode[];
const page = (refusal: Refusal, request: Partial<RefusalRequest> = {}): string =>
  refusalPage(refusal, { ...PERSON, ...request }).html;

describe("refusalPage()", () => {
  test.each(CODES)("shows %s with title, code and request id, and loads nothing", (code) => {
    const { html, contentSecurityPolicy } = refusalPage(refuse(code), PERSON);
    expect(html).toContain(`<title>${REFUSALS[code].title}</title>`);
    expect(html).toContain(`<code>${code}</code>`);
    expect(html).toContain("<code>r-1</code>");
    expect(html).toContain(`<link rel="icon" href="data:,">`);
    expect(html).not.toMatch(/<img|src=|@import|url\(|stylesheet/i);
    expect(contentSecurityPolicy).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(contentSecurityPolicy).not.toContain("unsafe");
  });

  test("names the port where it is known, and no other", () => {
    expect(page(refuse("port_closed"), { port: 3000 })).toContain("502 · Port 3000");
    expect(page(refuse("port_closed"))).not.toContain("Port ");
  });

  test("gives the owner's advice apart from the visitor's", () => {
    expect(page(refuse("port_closed"))).toMatch(/<h2>If this is your sandbox<\/h2>\s*<p>Start the server/);
  });

  test.each([
    ["abuse@example.com", 'href="mailto:abuse@example.com">'],
    ["https://example.com/report?a=1&b=2", 'href="https://example.com/report?a=1&#38;b=2">'],
  ])("leads to where a preview can be reported: %s", (abuseContact, href) => {
    expect(page(refuse("port_closed"), { abuseContact })).toContain(`${href}Report this preview</a>`);
  });

  test("has no such link where there is no contact", () => {
    expect(page(refuse("port_closed"))).not.toContain("Report this preview");
  });
});

describe("refusalPage() reloads", () => {
  test("again and again where the app may become reachable, without scripts by a meta refresh", () => {
    const html = page(refuse("port_closed"));
    expect(html).toContain(`<noscript><meta http-equiv="refresh" content="3"></noscript>`);
    expect(html).toContain(`role="status" data-reload="always"`);
    expect(html).toContain(`<a href="" data-action="reload">Reload now</a>`);
  });

  test("once after retry-after, and never by a meta refresh", () => {
    const html = page(refuse("rate_limited", { retryAfterS: 12 }));
    expect(html).toContain(`data-reload="once"`);
    expect(html).toContain(`<span role="timer">12</span>`);
    expect(html).not.toContain("http-equiv");
  });

  test.each(["link_expired", "unknown_host", "suspended"] as const)("never after %s", (code) => {
    expect(page(refuse(code))).not.toMatch(/data-reload|http-equiv|<script/);
  });

  test.each(["POST", "PUT", "PATCH", "DELETE"])(
    "never after %s, and says that the form was not sent",
    (method) => {
      const html = page(refuse("rate_limited", { retryAfterS: 12 }), { method });
      expect(html).toContain("Your form was not sent.");
      expect(html).not.toMatch(/data-reload="|http-equiv/);
    },
  );

  test("not after a form that the app may have received, and says so", () => {
    const html = page(refuse("guest_timeout"), { method: "POST" });
    expect(html).toContain("It is not known whether your form was sent.");
    expect(html).not.toContain("was not sent");
  });
});

describe("refusalPage() links", () => {
  test("a closed port's page to the open ones of a public hostname", () => {
    const publicHost = "3000-0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b.example.com:8787";
    const html = page(refuse("port_closed", { openPorts: [5173, 8080] }), { publicHost, scheme: "http" });
    expect(html).toContain(
      `href="http://5173-0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b.example.com:8787/">5173</a>`,
    );
    expect(html).toContain(">8080</a>");
  });

  test("no open port from a link's hostname", () => {
    const publicHost = `${"a".repeat(63)}.preview.example.com`;
    const html = page(refuse("port_closed", { openPorts: [5173] }), { publicHost });
    expect(html).toContain("<li>5173</li>");
    expect(html).not.toContain(">5173</a>");
  });

  test("a path that is not allowed to the first one that is", () => {
    const html = page(refuse("path_not_allowed", { allowedPath: `/a"b&c` }));
    expect(html).toContain(`<a href="/a&#34;b&#38;c">Open /a&#34;b&#38;c</a>`);
  });

  test.each(["//evil.example/", "/\\evil.example/", "javascript:1", ""])("never to %j", (allowedPath) => {
    expect(page(refuse("path_not_allowed", { allowedPath }))).not.toContain("<a ");
  });
});

describe("refusalPage() escapes", () => {
  test("what comes from outside", () => {
    const refusal = refuse("port_closed", { detail: "<img src=x onerror='1'>&", openPorts: [80] });
    const html = page(refusal, { requestId: `"><b>1</b>`, publicHost: `3000-"><b>.example.com` });
    expect(html).not.toMatch(/<img|<b>|onerror='/);
    expect(html).toContain("&#60;img src=x onerror=&#39;1&#39;&#62;&#38;");
  });

  test("any text of the request: the page has the same elements and attributes as without it", () => {
    const marked = fc
      .tuple(
        fc.string(),
        fc.constantFrom("<script>", `" onload="`, "</style>", "<!--", "'", "&", "]]>"),
        fc.string(),
      )
      .map((parts) => parts.join(""));
    const facts = fc.record({ id: marked, host: marked, contact: marked, detail: marked, path: marked });
    fc.assert(
      fc.property(fc.constantFrom(...CODES), facts, (code, { id, host, contact, detail, path }) => {
        const shape = (text: (value: string) => string): string =>
          markupOf(
            page(refuse(code, { detail: text(detail), allowedPath: `/a${text(path)}`, openPorts: [80] }), {
              requestId: `r${text(id)}`,
              publicHost: `3000-${text(host)}`,
              abuseContact: text(contact),
            }),
          );
        expect(shape((value) => value)).toBe(shape(() => ""));
      }),
    );
  });
});

/** Tags with the names of their attributes, as an HTML parser finds them; values and text are left out. */
function markupOf(html: string): string {
  return html.replaceAll(/"[^"]*"/g, '""').replaceAll(/>[^<]*/g, ">");
}
