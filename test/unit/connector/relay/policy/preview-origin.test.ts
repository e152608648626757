import { describe, expect, test } from "vitest";
import {
  findPreviewPort,
  publicOrigin,
  toLocalUrl,
  toPublicUrl,
} from "../../../../../connector/relay/policy/preview-origin.ts";
import {
  LINK,
  LINK_ORIGIN,
  OWN,
  onLink,
  onPublic,
  SIBLING,
  TOKEN,
} from "../../../../support/relay/destinations.ts";
import { destinationTo, SANDBOX_ID } from "../../../../support/relay/start-relay.ts";

const DASHED_LINK = destinationTo(3000, {
  destination: { link: LINK, publicHost: `${TOKEN}.preview.my-site.example` },
});

describe("findPreviewPort()", () => {
  test.for([
    [OWN, 3000],
    [OWN.toUpperCase(), 3000],
    [SIBLING, 4000],
    [`https://0-${SANDBOX_ID}.example.com`, undefined],
    [`https://03000-${SANDBOX_ID}.example.com`, undefined],
    [`https://65536-${SANDBOX_ID}.example.com`, undefined],
    [`https://-${SANDBOX_ID}.example.com`, undefined],
    [`https://a.4000-${SANDBOX_ID}.example.com`, undefined],
    [`http://3000-${SANDBOX_ID}.example.com`, undefined],
    ["null", undefined],
    ["", undefined],
  ] as const)("finds %j at %j", ([origin, port]) => {
    expect(findPreviewPort(origin, onPublic())).toBe(port);
  });
});

describe("toLocalUrl() and toPublicUrl()", () => {
  test.for([
    [`${OWN}/a`, "http://localhost:3000/a"],
    [`${OWN}?a`, "http://localhost:3000?a"],
    [OWN, "http://localhost:3000"],
    [`${OWN}.evil.example/`, `${OWN}.evil.example/`],
    [`${OWN}@evil.example/`, `${OWN}@evil.example/`],
    ["/a", "/a"],
  ] as const)("make %j local", ([url, expected]) => {
    expect(toLocalUrl(url, onPublic())).toBe(expected);
  });

  test.for([
    ["http://localhost:3000", OWN],
    ["HTTPS://LOCALHOST:3000/A", `${OWN}/A`],
    ["http://0.0.0.0:4000/a", `${SIBLING}/a`],
    ["http://localhost/a", `https://80-${SANDBOX_ID}.example.com/a`],
    ["https://[::1]/a", `https://443-${SANDBOX_ID}.example.com/a`],
    ["http://localhost:0/", "http://localhost:0/"],
    ["http://localhost:3000.evil.example/", "http://localhost:3000.evil.example/"],
    ["http://localhostx:3000/", "http://localhostx:3000/"],
    ["ws://localhost:3000/", "ws://localhost:3000/"],
  ] as const)("make %j public", ([url, expected]) => {
    expect(toPublicUrl(url, onPublic())).toBe(expected);
  });

  test("take no part of a link's domain for a sandbox", () => {
    expect(findPreviewPort("https://4000-site.example", DASHED_LINK)).toBeUndefined();
    expect(publicOrigin(4000, DASHED_LINK)).toBeUndefined();
  });

  test("publicOrigin() knows a link's own origin only", () => {
    expect(publicOrigin(3000, onLink())).toBe(LINK_ORIGIN);
    expect(publicOrigin(4000, onLink())).toBeUndefined();
  });
});
