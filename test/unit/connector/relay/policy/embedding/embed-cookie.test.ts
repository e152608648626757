import { describe, expect, test } from "vitest";
import { embedCookie } from "../../../../../../connector/relay/policy/embedding/embed-cookie.ts";

const EMBEDDED = "; SameSite=None; Secure; Partitioned";

describe("embedCookie()", () => {
  test.each([
    ["a=1", "a=1"],
    ["a=1; SameSite=Lax", "a=1"],
    ["a=1; Path=/; HttpOnly; SameSite=Strict; Max-Age=60", "a=1; Path=/; HttpOnly; Max-Age=60"],
    ["a=1; secure; samesite = lax; PARTITIONED; Domain=example.com", "a=1"],
    ["a=1; SameSite; Secure=x; Partitioned=", "a=1"],
    ["a=1;\xa0SameSite\xa0=None;", "a=1;"],
    ["__Host-a=1; Path=/; Secure", "__Host-a=1; Path=/"],
    ["samesite=1; Path=/secure", "samesite=1; Path=/secure"],
    ["a=secure; Samesites=x", "a=secure; Samesites=x"],
  ])("makes %j one of a frame", (cookie, rest) => {
    expect(embedCookie(cookie)).toBe(rest + EMBEDDED);
  });
});
