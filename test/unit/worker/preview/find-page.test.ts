import { describe, expect, test } from "vitest";
import { findPage } from "../../../../worker/preview/find-page.ts";

const ID = "0f4bb8a1-58b5-4a8c-9d3e-5a7b6c8d9e0f";
const OTHER_ID = "1f4bb8a1-58b5-4a8c-9d3e-5a7b6c8d9e0f";
const PUBLIC = `https://3000-${ID}.example.com/a?b`;
const LINK = `https://${"a".repeat(63)}.preview.example.com/`;
const OWN = `https://3000-${ID}.example.com`;
const SIBLING = `https://8000-${ID}.example.com`;

type Fields = Record<string, string>;

function find(fields: Fields, method = "GET", url = PUBLIC) {
  return findPage({ method, headers: new Headers(fields) }, new URL(url), "192.0.2.7");
}

describe("findPage()", () => {
  test.each<[string, Fields]>([
    [
      "a first visit",
      { "sec-fetch-mode": "navigate", "sec-fetch-site": "none", "sec-fetch-dest": "document" },
    ],
    ["a click", { "sec-fetch-mode": "navigate", "sec-fetch-site": "same-origin" }],
    ["one behind a service worker", { "sec-fetch-mode": "navigate", "sec-fetch-dest": "empty" }],
    ["one from another site", { "sec-fetch-mode": "navigate", "sec-fetch-site": "cross-site" }],
  ])("recognises %s as a navigation", (_title, fields) => {
    expect(find(fields)).toEqual({ kind: "navigation", client: "192.0.2.7" });
  });

  test.each<[string, Fields, string?, string?]>([
    ["a module", { "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" }],
    ["a POST", { "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" }, "POST"],
    ["a form that is sent", { "sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate" }, "POST"],
    ["a WebSocket", { upgrade: "websocket", origin: OWN }],
    ["a WebSocket in capitals", { upgrade: "WebSocket", origin: OWN }],
    ["a sibling's WebSocket", { upgrade: "websocket", origin: SIBLING }],
    ["a sibling's fetch", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", origin: SIBLING }],
    ["a sibling's preflight", { "sec-fetch-site": "same-site", origin: SIBLING }, "OPTIONS"],
    ["a link's module", { "sec-fetch-site": "same-origin" }, "GET", LINK],
    ["a link's WebSocket", { upgrade: "websocket", origin: LINK.slice(0, -1) }, "GET", LINK],
  ])("recognises %s as a page's own request", (_title, fields, method, url) => {
    expect(find(fields, method, url)).toEqual({ kind: "own", client: "192.0.2.7" });
  });

  test.each<[string, Fields, string?, string?]>([
    ["curl", {}],
    ["a HEAD that navigates", { "sec-fetch-mode": "navigate", "sec-fetch-site": "none" }, "HEAD"],
    ["another site's request", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }],
    ["another site's fetch", { "sec-fetch-site": "cross-site", origin: "https://example.org" }],
    [
      "another sandbox's fetch",
      { "sec-fetch-site": "cross-site", origin: `https://3000-${OTHER_ID}.example.com` },
    ],
    [
      "a sibling's fetch over http",
      { "sec-fetch-site": "cross-site", origin: SIBLING.replace("https", "http") },
    ],
    ["a sibling on another port of the edge", { "sec-fetch-site": "cross-site", origin: `${SIBLING}:8443` }],
    ["a request with its own Origin alone", { origin: OWN }],
    ["another site's WebSocket", { upgrade: "websocket", origin: "https://example.org" }],
    ["a WebSocket without Origin", { upgrade: "websocket" }],
    ["another upgrade", { upgrade: "h2c", origin: OWN }],
    ["a public page's fetch of a link", { "sec-fetch-site": "cross-site", origin: SIBLING }, "GET", LINK],
    [
      "an Origin that ends like ours",
      { "sec-fetch-site": "cross-site", origin: `https://x.3000-${ID}.example.com` },
    ],
    ["null", { "sec-fetch-site": "cross-site", origin: "null" }],
  ])("does not recognise %s", (_title, fields, method, url) => {
    expect(find(fields, method, url)).toBeUndefined();
  });

  test("names the client by the /64 of its IPv6 address", () => {
    const headers = new Headers({ "sec-fetch-site": "same-origin" });
    expect(findPage({ method: "GET", headers }, new URL(PUBLIC), "2001:db8:1:2:3::4")).toEqual({
      kind: "own",
      client: "2001:db8:1:2::/64",
    });
  });

  test("reads an Origin of a megabyte in linear time", () => {
    const origin = `https://${"1-".repeat(500_000)}`;
    const started = performance.now();
    expect(find({ "sec-fetch-site": "cross-site", origin })).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
