import { describe, expect, test } from "vitest";
import { parseAgentOptions } from "../../../agent/parse-agent-options.ts";

describe("parseAgentOptions()", () => {
  test("leaves out its own port and SSH by default", () => {
    expect(parseAgentOptions({})).toEqual({
      port: 20_222,
      excludedPorts: new Set([20_222, 22]),
      gateways: [],
    });
  });

  test("reads lists, and an empty one", () => {
    const env = { AGENT_PORT: "999", AGENT_EXCLUDED_PORTS: "", AGENT_GATEWAYS: "172.16.0.1, fd00::1" };
    expect(parseAgentOptions(env)).toEqual({
      port: 999,
      excludedPorts: new Set([999]),
      gateways: ["172.16.0.1", "fd00::1"],
    });
  });

  test.each([
    [{ AGENT_PORT: "0" }, 'AGENT_PORT must hold ports from 1 to 65535, was "0"'],
    [{ AGENT_EXCLUDED_PORTS: "22,ssh" }, 'AGENT_EXCLUDED_PORTS must hold ports from 1 to 65535, was "ssh"'],
    [{ AGENT_GATEWAYS: "gateway" }, 'AGENT_GATEWAYS must hold IP addresses, was "gateway"'],
  ])("names what is wrong in %o", (env, message) => {
    expect(() => parseAgentOptions(env)).toThrow(new RangeError(message));
  });
});
