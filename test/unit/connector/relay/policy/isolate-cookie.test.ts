import { describe, expect, test } from "vitest";
import { isolateCookie } from "../../../../../connector/relay/policy/isolate-cookie.ts";

describe("isolateCookie()", () => {
  test.for([
    ["a=1", "a=1"],
    ["a=1; Domain=example.com", "a=1"],
    ["a=1; Domain=.Example.COM; Path=/", "a=1; Path=/"],
    ["a=1;domain=example.com;Secure", "a=1;Secure"],
    ["a=1; Domain = com", "a=1"],
    ["a=1; Domain", "a=1"],
    ["a=1; Domain=; Secure;", "a=1; Secure;"],
    ["a=1; Domain=x.example; Domain=example.com", "a=1"],
    ["a=1; Domain=other.example", "a=1"],
    ["a=1; \xa0Domain\xa0=example.com; HttpOnly", "a=1; HttpOnly"],
    ["a=1;\tdOmAiN\t=\texample.com", "a=1"],
    ["; Domain=example.com", ""],
    ["domain=example.com; Path=/", "domain=example.com; Path=/"],
    ["a=domain; Secure", "a=domain; Secure"],
    ["a=1; Path=/domain; Domains=x; Subdomain=y", "a=1; Path=/domain; Domains=x; Subdomain=y"],
  ] as const)("makes %j into %j", ([cookie, expected]) => {
    expect(isolateCookie(cookie)).toBe(expected);
  });
});
