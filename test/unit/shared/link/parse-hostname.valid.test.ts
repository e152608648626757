import { describe, expect, test } from "vitest";
import { parseHostname } from "../../../../shared/link/parse-hostname.ts";

const DOMAINS = { previewDomain: "example.com", linkDomain: "preview.example.com" };
const ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const TOKEN = `${"a2".repeat(31)}z`;

describe("parseHostname() accepts", () => {
  test.each([
    ["a public hostname", `3000-${ID}.example.com`, { kind: "public", port: 3000, sandboxId: ID }],
    ["the lowest port", `1-${ID}.example.com`, { kind: "public", port: 1, sandboxId: ID }],
    ["the highest port", `65535-${ID}.example.com`, { kind: "public", port: 65_535, sandboxId: ID }],
    [
      "upper case, as a lower-case id",
      `3000-${ID.toUpperCase()}.EXAMPLE.com`,
      { kind: "public", port: 3000, sandboxId: ID },
    ],
    ["a link's hostname", `${TOKEN}.preview.example.com`, { kind: "link", token: TOKEN }],
    ["a link in upper case", `${TOKEN.toUpperCase()}.preview.example.com`, { kind: "link", token: TOKEN }],
    ["the API", "api.example.com", { kind: "api" }],
    ["the API in upper case", "API.Example.COM", { kind: "api" }],
  ])("%s", (_case, hostname, expected) => {
    expect(parseHostname(hostname, DOMAINS)).toEqual(expected);
  });

  test("public hostnames and links under the same domain, told apart by their labels", () => {
    const shared = { previewDomain: "example.com", linkDomain: "example.com" };
    expect(parseHostname(`${TOKEN}.example.com`, shared)).toEqual({ kind: "link", token: TOKEN });
    expect(parseHostname(`80-${ID}.example.com`, shared)).toMatchObject({ kind: "public", port: 80 });
    expect(parseHostname("api.example.com", shared)).toEqual({ kind: "api" });
  });

  test("only the label that stands directly under a domain of several labels", () => {
    const deep = { previewDomain: "dev.box.example.org", linkDomain: "p.dev.box.example.org" };
    expect(parseHostname(`8080-${ID}.dev.box.example.org`, deep)).toMatchObject({ port: 8080 });
  });
});
