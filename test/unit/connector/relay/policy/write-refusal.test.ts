import { describe, expect, test } from "vitest";
import { refuse } from "../../../../../shared/refusal/refusal.ts";
import { SIBLING } from "../../../../support/relay/destinations.ts";
import { GET, RelayStage } from "../../../../support/relay/relay-stage.ts";
import { SANDBOX_ID } from "../../../../support/relay/start-relay.ts";

const stage = RelayStage.set();

describe("writeRefusal()", () => {
  test("writes a page for a browser and a problem for other clients", async () => {
    const { visit } = await stage.start({
      findDestination: () => refuse("port_closed", { openPorts: [5173] }),
    });
    const visitor = visit();
    visitor.send(
      "GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nPreview-Host: 3000-x.example.com\r\n\r\n",
    );
    const page = await visitor.readResponse();
    expect([page.status, page.fields.get("preview-error")]).toEqual([502, "port_closed"]);
    expect(page.fields.get("content-type")).toContain("text/html");
    expect(page.body).toContain("https://5173-x.example.com/");
    visitor.send(GET);
    const problem = await visitor.readResponse();
    expect(JSON.parse(problem.body)).toMatchObject({ code: "port_closed", open_ports: [5173] });
  });

  test("writes no body for a HEAD request", async () => {
    const { visit } = await stage.start({ findDestination: async () => refuse("guest_not_here") });
    const visitor = visit();
    visitor.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    const response = await visitor.readResponse("HEAD");
    expect(response.status).toBe(421);
    expect(Number(response.fields.get("content-length"))).toBeGreaterThan(0);
    expect(visitor.unread).toBe("");
  });

  test.each([
    ["guest_not_here", 421],
    ["sandbox_not_found", 404],
  ] as const)(
    "keeps the status of %s, by which the edge knows it, whatever is asked",
    async (code, status) => {
      const { visit } = await stage.start({ findDestination: () => refuse(code) });
      const visitor = visit();
      const fields = `Host: a\r\nPreview-Host: 8000-${SANDBOX_ID}.example.com\r\nOrigin: ${SIBLING}\r\n`;
      for (const head of [
        `GET /robots.txt HTTP/1.1\r\n${fields}\r\n`,
        `OPTIONS /a HTTP/1.1\r\n${fields}Access-Control-Request-Method: PUT\r\n\r\n`,
        `GET / HTTP/1.1\r\n${fields}Accept: text/html\r\n\r\n`,
      ]) {
        visitor.send(head);
        const response = await visitor.readResponse();
        expect([response.status, response.fields.get("preview-error")], head).toEqual([status, code]);
      }
    },
  );

  test("lets a sibling port's page see the refusal of a closed port, from its preflight on", async () => {
    const { visit } = await stage.start({ findDestination: () => refuse("port_closed") });
    const visitor = visit();
    const fields = `Host: a\r\nPreview-Host: 8000-${SANDBOX_ID}.example.com\r\nOrigin: ${SIBLING}\r\n`;
    visitor.send(`OPTIONS /a HTTP/1.1\r\n${fields}Access-Control-Request-Method: PUT\r\n\r\n`);
    const preflight = await visitor.readResponse();
    expect([preflight.status, preflight.fields.get("content-length")]).toEqual([204, undefined]);
    expect(preflight.fields.get("access-control-allow-origin")).toBe(SIBLING);
    expect(preflight.fields.get("access-control-allow-methods")).toBe("PUT");
    visitor.send(`PUT /a HTTP/1.1\r\n${fields}Content-Length: 0\r\n\r\n`);
    const refusal = await visitor.readResponse();
    expect([refusal.status, refusal.fields.get("access-control-allow-origin")]).toEqual([502, SIBLING]);
  });

  test("keeps a foreign origin foreign", async () => {
    const { visit } = await stage.start({ findDestination: () => refuse("port_closed") });
    const visitor = visit();
    visitor.send(
      `OPTIONS /a HTTP/1.1\r\nHost: a\r\nPreview-Host: 8000-${SANDBOX_ID}.example.com\r\n` +
        "Origin: https://evil.example\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
    );
    const preflight = await visitor.readResponse();
    expect([preflight.status, preflight.fields.get("access-control-allow-origin")]).toEqual([502, undefined]);
  });
});
