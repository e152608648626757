import { expect, test } from "vitest";
import { formatConnectTarget } from "../../../../shared/protocol/agent-protocol.ts";

test.each([
  ["127.0.0.1", 3000, "127.0.0.1:3000"],
  ["::1", 65_535, "[::1]:65535"],
] as const)("formatConnectTarget() of %s and %i is %s", (address, port, expected) => {
  expect(formatConnectTarget(address, port)).toBe(expected);
});
