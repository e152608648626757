import { describe, expect, test } from "vitest";
import { waitingPage } from "../../../../../shared/refusal/page/waiting-page.ts";
import { refuse } from "../../../../../shared/refusal/refusal.ts";
import type { RefusalRequest } from "../../../../../shared/refusal/refusal-request.ts";
import { renderRefusal } from "../../../../../shared/refusal/render-refusal.ts";

const PERSON: RefusalRequest = { requestId: "r-1", html: true, method: "GET", port: 3000 };
const CLOSED = refuse("port_closed", { openPorts: [5173], retryAfterS: 2 });

describe("waitingPage()", () => {
  test("names the port that it waits for, code and request id", () => {
    const { html } = waitingPage(CLOSED, PERSON);
    expect(html).toContain("<title>Waiting for port 3000</title>");
    expect(html).toContain("502 · Port 3000");
    expect(html).toContain("<code>port_closed</code>");
    expect(html).toContain("<code>r-1</code>");
  });

  test("names the ports that do listen, and links them from a public hostname", () => {
    const publicHost = "3000-0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b.example.com";
    expect(waitingPage(CLOSED, { ...PERSON, publicHost }).html).toContain(
      `href="https://5173-0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b.example.com/">5173</a>`,
    );
    expect(waitingPage(refuse("port_closed"), PERSON).html).not.toContain("5173");
  });

  test("may fetch from its own origin and nothing else, and runs only its own script", () => {
    const { html, contentSecurityPolicy } = waitingPage(CLOSED, PERSON);
    expect(contentSecurityPolicy).toMatch(
      /^default-src 'none'; style-src 'sha256-[^;]+'; script-src 'sha256-\S+'; connect-src 'self';/,
    );
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toMatch(/<img|src=|@import|url\(|stylesheet|onclick/i);
  });

  test("reloads without scripts, and only then", () => {
    const { html } = waitingPage(CLOSED, PERSON);
    expect(html).toContain(`<noscript><meta http-equiv="refresh" content="3"></noscript>`);
    expect(html.replaceAll(/<noscript>.*?<\/noscript>/gs, "")).not.toContain("http-equiv");
  });

  test("escapes what comes from outside", () => {
    const html = waitingPage(refuse("port_closed", { detail: "<img>" }), {
      ...PERSON,
      requestId: "<b>1</b>",
    }).html;
    expect(html).not.toMatch(/<img|<b>1/);
  });
});

describe("renderRefusal() of port_closed", () => {
  test.each(["GET", "HEAD"])("waits after a navigation by %s", (method) => {
    const { status, headers, body } = renderRefusal(CLOSED, { ...PERSON, method });
    expect(status).toBe(502);
    expect(Object.fromEntries(headers)).toMatchObject({ "preview-error": "port_closed", "retry-after": "2" });
    expect(body).toContain("Waiting for port 3000");
  });

  test.each(["POST", "PUT"])("does not wait after a %s: a reload would send the form again", (method) => {
    const { body } = renderRefusal(CLOSED, { ...PERSON, method });
    expect(body).not.toContain("Waiting for port");
    expect(body).toContain("Your form was not sent.");
  });

  test("does not wait in a response to a program", () => {
    const { body } = renderRefusal(CLOSED, { ...PERSON, html: false });
    expect(JSON.parse(body)).toMatchObject({ code: "port_closed", retry_after: 2 });
  });
});
