import { describe, expect, test } from "vitest";
import type { Stage } from "./stage.ts";
import { responseOf } from "./stage.ts";

/** The fields that the app receives from the visitor, and the visitor from the app; the `local` policy. */
export function headerPolicy(stage: Stage): void {
  async function seen(fieldLines: string, line = "GET /"): Promise<ReadonlyMap<string, string>> {
    return (await stage.exchange(stage.head(line, fieldLines), responseOf("ok"))).seen.fields;
  }
  async function got(fieldLines: string): Promise<ReadonlyMap<string, string>> {
    return (await stage.exchange(stage.head("GET /"), responseOf("ok", fieldLines))).response.fields;
  }
  const directTest = stage.testIf("direct");
  const own = () => stage.target.origin(stage.target.port);
  const local = () => stage.localOrigin;
  const sibling = () => stage.target.origin(4000);

  describe("the app", () => {
    test("sees its local address as Host", async () => {
      expect((await seen("")).get("host")).toBe(`localhost:${stage.target.port}`);
    });

    test("sees its own origin for the preview's, and a sibling's for a sibling's", async () => {
      expect((await seen(`Origin: ${own()}\r\n`)).get("origin")).toBe(local());
      expect((await seen(`Origin: ${sibling()}\r\n`)).get("origin")).toBe("http://localhost:4000");
    });

    // workerd drops a field without a value.
    const empty = stage.capabilities.direct ? [""] : [];
    test.for(["null", "https://other.example", "http://localhost:1", "not an origin", ...empty])(
      "sees a foreign Origin untouched (%j)",
      async (origin) => {
        expect((await seen(`Origin: ${origin}\r\n`)).get("origin")).toBe(origin);
      },
    );

    test.for([
      [".evil.example", ""],
      ["", ".evil.example"],
      ["", "@evil.example"],
      ["", ":1"],
    ] as const)(
      "sees an Origin that only resembles the preview's untouched (%j)",
      async ([before, after]) => {
        const origin = own().replace("://", `://${before}`) + after;
        expect((await seen(`Origin: ${origin}\r\n`)).get("origin")).toBe(origin);
      },
    );

    test("sees no Origin where the visitor sent none", async () => {
      expect((await seen("")).has("origin")).toBe(false);
    });

    test("sees its own origin in Referer, path and query kept", async () => {
      expect((await seen(`Referer: ${own()}/a/b?c=d\r\n`)).get("referer")).toBe(`${local()}/a/b?c=d`);
      expect((await seen(`Referer: ${sibling()}/a\r\n`)).get("referer")).toBe("http://localhost:4000/a");
      expect((await seen("Referer: https://other.example/a\r\n")).get("referer")).toBe(
        "https://other.example/a",
      );
    });

    test.for([
      "X-Forwarded-Host",
      "X-Forwarded-Proto",
      "X-Forwarded-Port",
      "X-Forwarded-Prefix",
      "X-Forwarded-Anything",
      "Forwarded",
      "X-Original-URL",
      "X-Rewrite-URL",
      "X-Real-IP",
      "True-Client-IP",
      "CF-Connecting-IP",
      "CF-Ray",
      "Proxy",
      "X-Envoy-External-Address",
      "X-Invoke-Path",
      "X-Middleware-Subrequest",
      "X-ProxyUser-Ip",
      "Front-End-Https",
      "X-Sendfile-Type",
      "Keep-Alive",
      "Proxy-Connection",
      "Proxy-Authorization",
      "TE",
      "HTTP2-Settings",
      "Content_Length",
      "Transfer_Encoding",
      "X_Forwarded_For",
      "X_Forwarded_Host",
      "Preview_Pass",
      "Transfer---Encoding",
      "Transfer$Encoding",
      "contentlength",
      "previewpass",
    ])("never sees the visitor's %s", async (name) => {
      expect((await seen(`${name}: spoofed\r\n`)).has(name.toLowerCase())).toBe(false);
    });

    test("never sees a cookie that Cloudflare set for the operator's zone", async () => {
      const fields = await seen(
        "Cookie: a=b; CF_Authorization=1; cf_clearance=2; __cf_bm=3; __cfruid=4; _cfuvid=5; c=d\r\n",
      );
      expect(fields.get("cookie")).toBe("a=b; c=d");
    });

    test("sees the one address that the edge saw, and no other", async () => {
      const address = (await seen("")).get("x-forwarded-for");
      expect((await seen("X-Forwarded-For: 203.0.113.1, 203.0.113.2\r\n")).get("x-forwarded-for")).toBe(
        address,
      );
    });

    test("never sees a field of ours", async () => {
      const fields = await seen("Preview-Anything: 1\r\n");
      expect([...fields.keys()].filter((name) => name.startsWith("preview-"))).toEqual([]);
    });

    directTest("never sees a field that Connection lists, nor Connection", async () => {
      const fields = await seen(
        "Connection: X-Hop, keep-alive, x-other\r\nX-Hop: 1\r\nX-Other: 2\r\nX-Kept: 3\r\n",
      );
      expect(fields.has("x-hop") || fields.has("x-other") || fields.has("connection")).toBe(false);
      expect(fields.get("x-kept")).toBe("3");
    });

    directTest("keeps its framing and Host where Connection lists them", async () => {
      const fields = await seen("Connection: host, content-length\r\nContent-Length: 0\r\n", "POST /");
      expect(fields.get("host")).toBe(`localhost:${stage.target.port}`);
      expect(fields.get("content-length")).toBe("0");
    });

    test("sees all other fields as they are", async () => {
      const fields = await seen(
        "Cookie: a=b; c=d\r\nAuthorization: Bearer app\r\nSec-Fetch-Mode: navigate\r\nX-Own: \xe9\r\nAccept: text/html\r\n",
      );
      expect(fields.get("cookie")).toBe("a=b; c=d");
      expect(fields.get("authorization")).toBe("Bearer app");
      expect(fields.get("sec-fetch-mode")).toBe("navigate");
      expect(fields.get("accept")).toBe("text/html");
      if (stage.capabilities.direct) expect(fields.get("x-own")).toBe("\xe9");
    });

    directTest("sees names, values and order byte for byte", async () => {
      const lines = "X-B: 1\r\nx-a:2\r\nX-b:  3  \r\nx-E:\r\n";
      const { seen } = await stage.exchange(stage.head("GET /", lines), responseOf("ok"));
      expect(seen.head).toContain(lines);
    });

    directTest.for([
      ["POST", "Connection: Upgrade\r\nUpgrade: websocket\r\n"],
      ["GET", "Connection: Upgrade\r\nUpgrade: h2c\r\n"],
      ["GET", "Upgrade: websocket\r\n"],
    ] as const)("never sees an upgrade that is no WebSocket handshake (%s %j)", async ([method, lines]) => {
      const key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
      const fields = await seen(lines + key, `${method} /`);
      expect(fields.has("upgrade") || fields.has("connection")).toBe(false);
    });

    directTest.for([
      "Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n",
      "Sec-WebSocket-Version: 13\r\n",
      `Sec-WebSocket-Version: 13\r\n${"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n".repeat(2)}`,
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nContent-Length: 0\r\nUpgrade: x\r\n",
    ])("never sees a handshake that is incomplete or ambiguous (%j)", async (lines) => {
      expect((await seen(`Connection: Upgrade\r\nUpgrade: websocket\r\n${lines}`)).has("upgrade")).toBe(
        false,
      );
    });
  });

  describe("the visitor", () => {
    test.for(["http://localhost", "https://localhost", "http://127.0.0.1", "http://[::1]", "http://0.0.0.0"])(
      "is sent from %s to the public origin",
      async (origin) => {
        const location = `${origin}:${stage.target.port}/a?b#c`;
        expect((await got(`Location: ${location}\r\n`)).get("location")).toBe(`${own()}/a?b#c`);
        expect((await got(`Content-Location: ${location}\r\n`)).get("content-location")).toBe(
          `${own()}/a?b#c`,
        );
      },
    );

    test("is sent to a sibling port's public origin", async () => {
      expect((await got("Location: http://localhost:4000\r\n")).get("location")).toBe(sibling());
    });

    test.for([
      "/relative",
      "https://other.example/a",
      "http://localhost.evil.example:3000/",
      "http://localhost:3000@evil.example/",
      "http://localhost:99999/",
      "//localhost:3000/a",
    ])("is sent to %s as the app wrote it", async (location) => {
      expect((await got(`Location: ${location}\r\n`)).get("location")).toBe(location);
    });

    test("gets public addresses in Refresh and Link", async () => {
      expect((await got(`Refresh: 5; url=${local()}/a\r\n`)).get("refresh")).toBe(`5; url=${own()}/a`);
      expect(
        (await got(`Link: <${local()}/a>; rel=next, </b>, <http://localhost:4000>\r\n`)).get("link"),
      ).toBe(`<${own()}/a>; rel=next, </b>, <${sibling()}>`);
    });

    test("gets a public Access-Control-Allow-Origin for exactly a local one", async () => {
      const name = "access-control-allow-origin";
      expect((await got(`${name}: ${local()}\r\n`)).get(name)).toBe(own());
      expect((await got(`${name}: http://localhost:4000\r\n`)).get(name)).toBe(sibling());
      for (const value of ["*", "null", "https://other.example", "http://localhost:4000/"]) {
        expect((await got(`${name}: ${value}\r\n`)).get(name)).toBe(value);
      }
    });

    test("keeps cookies to the preview that set them", async () => {
      const parent = new URL(own()).hostname.split(".").slice(1).join(".");
      const cookies = await got(
        `Set-Cookie: a=1; Domain=localhost; Path=/\r\nSet-Cookie: b=2; domain=.${parent}\r\n` +
          "Set-Cookie: c=3; Domain=127.0.0.1\r\nSet-Cookie: d=4; Secure; Path=/; SameSite=None\r\n" +
          "Set-Cookie: e=5; Domain=other.example\r\nSet-Cookie: f=6; Domain=\xef\xbd\x85xample.com; HttpOnly\r\n",
      );
      expect(cookies.get("set-cookie")?.split("\n")).toEqual([
        "a=1; Path=/",
        "b=2",
        "c=3",
        "d=4; Secure; Path=/; SameSite=None",
        "e=5",
        "f=6; HttpOnly",
      ]);
    });

    test("is never asked to delete what belongs to other previews", async () => {
      const fields = await got('Clear-Site-Data: "cookies", "storage"\r\n');
      expect(fields.get("clear-site-data")).toBe('"storage"');
      expect((await got('Clear-Site-Data: "*"\r\n')).has("clear-site-data")).toBe(false);
    });

    test("gets the app's own 520 with a mark, since Cloudflare has the same status", async () => {
      const response = "HTTP/1.1 520 Odd\r\npreview-app: 0\r\ncontent-length: 2\r\n\r\nno";
      const own = (await stage.exchange(stage.head("GET /"), response)).response;
      expect([own.status, own.fields.get("preview-app")]).toEqual([520, "1"]);
      expect((await got("Preview-App: 1\r\n")).has("preview-app")).toBe(false);
    });

    directTest("gets the instruction that keeps Cloudflare's cache out, and not the app's own", async () => {
      const name = "cloudflare-cdn-cache-control";
      expect((await got(`${name}: max-age=60\r\n`)).get(name)).toBe("no-store");
    });

    test("never gets what Connection lists, hop-by-hop fields or fields of ours", async () => {
      const fields = await got(
        "Connection: X-Internal\r\nX-Internal: 1\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: x\r\nTrailer: y\r\n" +
          "Preview-Error: spoofed\r\nPreview-Anything: 1\r\n",
      );
      for (const name of ["x-internal", "keep-alive", "proxy-authenticate", "trailer", "preview-anything"]) {
        expect(fields.has(name)).toBe(false);
      }
      expect(fields.has("preview-error")).toBe(false);
    });

    test("is asked not to index", async () => {
      expect((await got("")).get("x-robots-tag")).toBe("noindex");
    });

    directTest("gets names, values and order byte for byte", async () => {
      const lines = 'X-B: 1\r\nx-a:2\r\nX-b:  3  \r\nETag: "\xe9"\r\nContent-Encoding: gzip\r\n';
      const { response } = await stage.exchange(stage.head("GET /"), responseOf("ok", lines));
      expect(response.head).toContain(lines);
    });
  });
}
