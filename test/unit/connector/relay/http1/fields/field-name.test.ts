import { describe, expect, test } from "vitest";
import { findFieldName } from "../../../../../../connector/relay/http1/fields/field-name.ts";

describe("findFieldName()", () => {
  test.for([
    ["Accept", "pass", "pass"],
    ["Keep-Alive", "drop", "keepAlive"],
    ["TE", "drop", "drop"],
    ["Content-Length", "contentLength", "contentLength"],
    ["Set-Cookie", "pass", "setCookie"],
    ["X-Forwarded-Anything", "drop", "pass"],
    ["CF-Ray", "drop", "pass"],
    ["Preview-Pass", "edgePass", "drop"],
    ["Preview-Anything", "drop", "drop"],
    ["Content_Length", "drop", "drop"],
    ["X_Forwarded_For", "drop", "drop"],
    ["preview_pass", "drop", "drop"],
    ["previewpass", "drop", "drop"],
    ["-Preview.Pass", "drop", "drop"],
    ["Preview", "pass", "pass"],
    ["Previewer", "pass", "pass"],
    ["Transfer---Encoding", "drop", "drop"],
    ["Transfer$Encoding", "drop", "drop"],
    ["contentlength", "drop", "drop"],
    ["Proxy", "drop", "pass"],
    ["X-Envoy-Internal", "drop", "pass"],
    ["X.Envoy.Internal", "drop", "drop"],
    ["X-Invoke-Path", "drop", "pass"],
    ["X-Original-Anything", "drop", "pass"],
    ["X-Nextjs-Data", "pass", "pass"],
    ["CFO", "pass", "pass"],
    ["Cloudflare-CDN-Cache-Control", "pass", "drop"],
    ["x_own", "pass", "pass"],
    ["__proto__", "pass", "pass"],
    ["constructor", "pass", "pass"],
  ] as const)("knows the rules of %s, the first time and the next", ([raw, inRequest, inResponse]) => {
    const expected = { lower: raw.toLowerCase(), inRequest, inResponse };
    expect(findFieldName(raw)).toEqual(expected);
    expect(findFieldName(raw)).toEqual(expected);
  });

  test("knows a name of 60 000 letters, and does not keep it", () => {
    const raw = "x".repeat(60_000);
    expect(findFieldName(raw)).toEqual({ lower: raw, inRequest: "pass", inResponse: "pass" });
    expect(findFieldName(raw)).not.toBe(findFieldName(raw));
  });

  test.for(["", "a b", "a:", "\xe9", "a\t"])("refuses %j, which is no token", (raw) => {
    expect(findFieldName(raw)).toBeUndefined();
  });
});
