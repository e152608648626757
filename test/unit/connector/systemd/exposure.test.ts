import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const CONNECTOR = "connector/systemd/preview-connector.service";

/** By systemd's own rating of a unit's sandbox, from 0 to 10. */
function findExposure(unit: string): number {
  const report = execFileSync("systemd-analyze", ["security", "--offline=true", "--no-pager", unit], {
    encoding: "utf8",
  });
  return Number(/Overall exposure level for \S+: ([\d.]+)/.exec(report)?.[1]);
}

describe("systemd-analyze security", () => {
  test.each([
    [CONNECTOR, 1.5],
    ["connector/systemd/preview-connector-namespaces.service", 1.9],
    ["agent/systemd/pandastack-agent.service", 1.5],
  ])("rates the exposure of %s at %d at most", (unit, most) => {
    expect(findExposure(unit)).toBeLessThanOrEqual(most);
  });
});

describe("preview-connector.service", () => {
  test("has no capability and no user namespace of others, though it parses what visitors send", () => {
    const unit = readFileSync(CONNECTOR, "utf8");
    expect(unit).toMatch(/^CapabilityBoundingSet=$/m);
    expect(unit).toMatch(/^AmbientCapabilities=$/m);
    expect(unit).not.toMatch(/CAP_/);
  });
});
