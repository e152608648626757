import { describe, expect, test } from "vitest";
import { parseConnectTarget } from "../../../agent/parse-connect-target.ts";
import { formatConnectTarget } from "../../../shared/protocol/agent-protocol.ts";

describe("parseConnectTarget()", () => {
  test.each(["127.0.0.1", "::1"] as const)("reads what formatConnectTarget() writes for %s", (address) => {
    expect(parseConnectTarget(formatConnectTarget(address, 3000))).toEqual({ address, port: 3000 });
  });

  test.each([
    "127.0.0.2:3000",
    "10.0.0.1:3000",
    "localhost:3000",
    "::1:3000",
    "[::]:3000",
    "[127.0.0.1]:3000",
    "127.0.0.1",
    "127.0.0.1:0",
    "127.0.0.1:03000",
    "127.0.0.1:65536",
    "127.0.0.1:3000/",
    "http://127.0.0.1:3000",
    "",
  ])("gives undefined for %o", (target) => {
    expect(parseConnectTarget(target)).toBeUndefined();
  });
});
