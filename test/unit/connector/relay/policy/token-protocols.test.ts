import { describe, expect, test } from "vitest";
import type { RequestHead } from "../../../../../connector/relay/http1/parse-request-head.ts";
import { parseRequestHead } from "../../../../../connector/relay/http1/parse-request-head.ts";
import {
  findTokenProtocol,
  mayHaveTokenProtocol,
  withoutTokenProtocols,
} from "../../../../../connector/relay/policy/token-protocols.ts";
import { DEFAULT_RELAY_LIMITS } from "../../../../../connector/relay/relay.ts";

function headOf(...values: string[]): RequestHead {
  const lines = values.map((value) => `Sec-WebSocket-Protocol: ${value}\r\n`).join("");
  return parseRequestHead(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`, DEFAULT_RELAY_LIMITS) as RequestHead;
}

describe("withoutTokenProtocols()", () => {
  test.each([
    ["preview-token.abc", undefined],
    ["preview-token.", undefined],
    ["chat, preview-token.abc", "chat"],
    ["preview-token.abc,chat , super", "chat, super"],
    ["preview-token.a, preview-token.b", undefined],
    ["x-preview-token.abc, Preview-Token.abc", "x-preview-token.abc, Preview-Token.abc"],
    [" , ,", undefined],
  ])("leaves of %j %j", (value, rest) => {
    expect(withoutTokenProtocols(value)).toBe(rest);
  });

  test("takes linear time", () => {
    const value = "preview-token.,".repeat(100_000);
    const startMs = performance.now();
    expect(withoutTokenProtocols(value)).toBeUndefined();
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });
});

describe("findTokenProtocol()", () => {
  test("finds the first one in any of the fields", () => {
    expect(findTokenProtocol(headOf("chat"))).toBeUndefined();
    expect(findTokenProtocol(headOf("chat", "a,  preview-token.abc , preview-token.d"))).toBe(
      "preview-token.abc",
    );
    expect(findTokenProtocol(headOf("x-preview-token.abc"))).toBeUndefined();
  });
});

describe("mayHaveTokenProtocol()", () => {
  test("lets a list without one pass as it came", () => {
    expect(mayHaveTokenProtocol("chat, superchat")).toBe(false);
    expect(mayHaveTokenProtocol("chat, preview-token.abc")).toBe(true);
  });
});
