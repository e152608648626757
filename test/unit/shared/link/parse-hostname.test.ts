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

describe("parseHostname() refuses as unknown_host", () => {
  test.each([
    ["nothing", ""],
    ["the bare domain", "example.com"],
    ["the bare link domain", "preview.example.com"],
    ["an empty label", ".example.com"],
    ["www", "www.example.com"],
    ["another domain", `3000-${ID}.example.org`],
    ["a domain that only ends alike", `3000-${ID}.notexample.com`],
    ["our domain as a prefix of another", `3000-${ID}.example.com.evil.test`],
    ["a label too many", `x.3000-${ID}.example.com`],
    ["fifteen characters under the link domain", `${TOKEN.slice(0, 15)}.preview.example.com`],
    ["a public label under the link domain", `3000-${ID}.preview.example.com`],
    ["a link label under the preview domain", `${TOKEN}.example.com`],
    ["port 0", `0-${ID}.example.com`],
    ["port 65536", `65536-${ID}.example.com`],
    ["a port of six digits", `100000-${ID}.example.com`],
    ["a port with leading zeros", `03000-${ID}.example.com`],
    ["a signed port", `+3000-${ID}.example.com`],
    ["a negative port", `-3000-${ID}.example.com`],
    ["a fractional port", `3.5-${ID}.example.com`],
    ["a hexadecimal port", `0xbb8-${ID}.example.com`],
    ["no port", `${ID}.example.com`],
    ["an empty port", `-${ID}.example.com`],
    ["a UUID without dashes", `3000-${ID.replaceAll("-", "")}.example.com`],
    ["a UUID with its dashes moved", "3000-0f4bb8a13-c2d-4e5f-8a9b-0c1d2e3f4a5b.example.com"],
    ["a UUID one short", `3000-${ID.slice(1)}.example.com`],
    ["a UUID one long", `3000-${ID}0.example.com`],
    ["a letter beyond f", `3000-${ID.replace("f", "g")}.example.com`],
    ["a trailing newline", `3000-${ID}.example.com\n`],
    ["a port field", `3000-${ID}.example.com:443`],
    ["digits of another script", `３０００-${ID}.example.com`],
    ["the API one label deeper", "api.preview.example.com"],
    ["something under the API", "v1.api.example.com"],
  ])("%s", (_case, hostname) => {
    expect(parseHostname(hostname, DOMAINS)).toEqual({ kind: "refusal", code: "unknown_host" });
  });
});

describe("parseHostname() refuses as link_incomplete", () => {
  test.each([
    ["sixteen characters of a token", `${TOKEN.slice(0, 16)}.preview.example.com`],
    ["a token one short", `${TOKEN.slice(1)}.preview.example.com`],
    ["a token one long", `${TOKEN}a.preview.example.com`],
    ["a token with 0", `0${TOKEN.slice(1)}.preview.example.com`],
    ["a token with 1", `1${TOKEN.slice(1)}.preview.example.com`],
    ["a token with 8", `8${TOKEN.slice(1)}.preview.example.com`],
    ["a token with a dash", `${TOKEN.slice(1)}-.preview.example.com`],
  ])("%s", (_case, hostname) => {
    expect(parseHostname(hostname, DOMAINS)).toEqual({ kind: "refusal", code: "link_incomplete" });
  });

  test("only under the domain of the links", () => {
    expect(parseHostname(`${TOKEN.slice(1)}.example.com`, DOMAINS)).toMatchObject({ code: "unknown_host" });
    expect(parseHostname(`x.${TOKEN.slice(1)}.preview.example.com`, DOMAINS)).toMatchObject({
      code: "unknown_host",
    });
  });
});
