import { describe, expect, test } from "vitest";
import { isSiblingOrigin } from "../../../../shared/refusal/sibling-origin.ts";

const ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const HOST = `8000-${ID}.example.com`;

describe("isSiblingOrigin()", () => {
  test.each([
    ["another port", "https", HOST, `https://3000-${ID}.example.com`],
    ["the origin itself", "https", HOST, `https://${HOST}`],
    ["the highest port", "https", HOST, `https://65535-${ID}.example.com`],
    ["another port at a developer's machine", "http", `${HOST}:8787`, `http://1-${ID}.example.com:8787`],
  ])("accepts %s", (_case, scheme, publicHost, origin) => {
    expect(isSiblingOrigin(origin, scheme, publicHost)).toBe(true);
  });

  test.each([
    ["another sandbox", HOST, `https://3000-${ID.replace("0f", "0e")}.example.com`],
    ["another site", HOST, "https://evil.example"],
    ["a longer domain", HOST, `https://3000-${ID}.example.com.evil.test`],
    ["a hostname that only ends alike", HOST, `https://evil.test-${ID}.example.com`],
    ["user information", HOST, `https://evil@3000-${ID}.example.com`],
    ["another scheme", HOST, `http://3000-${ID}.example.com`],
    ["another TCP port", HOST, `https://3000-${ID}.example.com:8443`],
    ["port 0", HOST, `https://0-${ID}.example.com`],
    ["leading zeros", HOST, `https://03000-${ID}.example.com`],
    ["no port", HOST, `https://-${ID}.example.com`],
    ["null", HOST, "null"],
    ["nothing", HOST, ""],
    ["a path", HOST, `https://3000-${ID}.example.com/`],
    ["a link", `${"a".repeat(63)}.preview.example.com`, `https://${"a".repeat(63)}.preview.example.com`],
    ["a hostname without a sandbox", "8000-x.example.com", "https://3000-x.example.com"],
    ["no hostname", "", "https://"],
  ])("refuses %s", (_case, publicHost, origin) => {
    expect(isSiblingOrigin(origin, "https", publicHost)).toBe(false);
  });
});
