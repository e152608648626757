import { describe, expect, test } from "vitest";
import type { RefusalCode } from "../../../../shared/refusal/refusal.ts";
import { REFUSALS, refuse } from "../../../../shared/refusal/refusal.ts";
import type { RefusalRequest } from "../../../../shared/refusal/refusal-request.ts";
import { renderRefusal } from "../../../../shared/refusal/render-refusal.ts";

const PROGRAM: RefusalRequest = { requestId: "r-1", html: false };
const PERSON: RefusalRequest = { requestId: "r-1", html: true };
const CODES = Object.keys(REFUSALS) as RefusalCode[];

describe("the page of renderRefusal()", () => {
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

  test("escapes in HTML what comes from outside", () => {
    const request = { requestId: `"><script>1</script>`, html: true, publicHost: `3000-"><b>.example.com` };
    const refusal = refuse("port_closed", { detail: "<img src=x onerror='1'>&", openPorts: [80] });
    const { body } = renderRefusal(refusal, request);
    expect(body).not.toMatch(/<script|<img|<b>|onerror='/);
    expect(body).toContain("&#60;img src=x onerror=&#39;1&#39;&#62;&#38;");
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

  test.each([
    ["abuse@example.com", 'href="mailto:abuse@example.com">'],
    ["https://example.com/report?a=1&b=2", 'href="https://example.com/report?a=1&#38;b=2">'],
  ])("leads to where a preview can be reported: %s", (abuseContact, href) => {
    const { body } = renderRefusal(refuse("port_closed"), { ...PERSON, abuseContact });
    expect(body).toContain(`<a ${href}Report this preview</a>`);
  });

  test("has no such link where there is no contact", () => {
    expect(renderRefusal(refuse("port_closed"), PERSON).body).not.toContain("Report this preview");
  });
});
