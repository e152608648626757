import { describe, expect, test } from "vitest";
import { GET, OK, RelayStage } from "../../support/relay/relay-stage.ts";

const stage = RelayStage.set();

async function seenFields(fieldLines: string): Promise<ReadonlyMap<string, string>> {
  const { guest, visit } = await stage.start();
  visit().send(`GET / HTTP/1.1\r\nHost: a\r\n${fieldLines}\r\n`);
  return (await guest.nextRequest()).fields;
}

async function gotFields(fieldLines: string): Promise<ReadonlyMap<string, string>> {
  const { guest, visit } = await stage.start();
  const visitor = visit();
  visitor.send(GET);
  (await guest.nextRequest()).respond(OK.replace("\r\n", `\r\n${fieldLines}`));
  return (await visitor.readResponse()).fields;
}

describe("1.8 A guest does not see", () => {
  test.for([
    "Proxy",
    "X-Envoy-External-Address",
    "X-Envoy-Original-Path",
    "X-Invoke-Path",
    "X-Invoke-Query",
    "X-Middleware-Subrequest",
    "X-Original-Remote-Addr",
    "X-Rewrite-Anything",
    "X-Forwarded-Client-Cert",
    "X-Real-Ip",
    "Client-Ip",
    "Front-End-Https",
    "X-ProxyUser-Ip",
    "X-Sendfile-Type",
    "X-Accel-Mapping",
    "X-Script-Name",
    "WL-Proxy-Client-IP",
    "Fastly-Client-IP",
  ])("%s, which app servers take from the proxy in front of them", async (name) => {
    expect([...(await seenFields(`${name}: spoofed\r\n`)).values()]).not.toContain("spoofed");
  });

  test("cookies that Cloudflare set for the operator's zone", async () => {
    const cookies =
      "Cookie: session=1; CF_Authorization=secret; theme=dark\r\nCookie: cf_clearance=secret; __cf_bm=secret\r\n";
    const fields = await seenFields(cookies);
    expect(fields.get("cookie")).toBe("session=1; theme=dark");
    // As workerd joins two fields.
    expect((await seenFields("Cookie: session=1, CF_Authorization=secret\r\n")).get("cookie")).toBe(
      "session=1",
    );
  });

  const lookAlikes = [
    "Transfer---Encoding",
    "Transfer$Encoding",
    "Transfer.Encoding",
    "TransferEncoding",
    "contentlength",
    "Content_Length",
    "-Content-Length",
    "Preview.Pass",
    "preview--pass",
    "previewhost",
    "X.Forwarded.For",
    "x--forwarded--for",
  ];
  test.for(lookAlikes)("%s, a look-alike of a name about framing or of ours, in a request", async (name) => {
    expect([...(await seenFields(`${name}: spoofed\r\n`)).values()]).not.toContain("spoofed");
  });

  test.for(lookAlikes)("and a visitor not %s in a response", async (name) => {
    expect([...(await gotFields(`${name}: spoofed\r\n`)).values()]).not.toContain("spoofed");
  });

  test.for([
    "Content-Type: text/plain\r\nContent-Type: application/json\r\n",
    "Content-Type: text/plain, application/json\r\n",
  ])(
    "two types of one body, of which it could read the other one than a filter in front (%j)",
    async (lines) => {
      const { guest, visit } = await stage.start();
      const visitor = visit();
      visitor.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n${lines}\r\n`);
      const { status, fields } = await visitor.readResponse();
      expect([status, fields.get("preview-error")]).toEqual([400, "request_malformed"]);
      expect(guest.received).toBe(0);
    },
  );
});
