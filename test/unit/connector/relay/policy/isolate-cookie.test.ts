import { describe, expect, test } from "vitest";
import { isolateCookie } from "../../../../../connector/relay/policy/isolate-cookie.ts";
import { SANDBOX_ID } from "../../../../support/relay/start-relay.ts";

describe("isolateCookie()", () => {
  test.for([
    ["a=1", "a=1"],
    ["a=1; Domain=example.com", "a=1"],
    ["a=1; Domain=.Example.COM; Path=/", "a=1; Path=/"],
    ["a=1;domain=example.com;Secure", "a=1;Secure"],
    ["a=1; Domain = com", "a=1"],
    ["a=1; Domain=localhost", "a=1"],
    ["a=1; Domain=127.0.0.1", "a=1"],
    ["a=1; Domain=[::1]", "a=1"],
    ["a=1; Domain=x.example; Domain=example.com", "a=1; Domain=x.example"],
    ["a=1; Domain=other.example", "a=1; Domain=other.example"],
    [`a=1; Domain=3000-${SANDBOX_ID}.example.com`, `a=1; Domain=3000-${SANDBOX_ID}.example.com`],
    ["domain=example.com; Path=/", "domain=example.com; Path=/"],
    ["a=domain; Secure", "a=domain; Secure"],
  ] as const)("makes %j into %j", ([cookie, expected]) => {
    expect(isolateCookie(cookie, `3000-${SANDBOX_ID}.example.com`)).toBe(expected);
    expect(isolateCookie(cookie, `3000-${SANDBOX_ID}.example.com:8787`)).toBe(expected);
  });
});
