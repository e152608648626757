import { describe, expect, test } from "vitest";
import { parseDefaultGateways } from "../../../../agent/kernel/parse-default-gateways.ts";

const HEADING = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT";

function table(...routes: string[]): string {
  return [HEADING, ...routes, ""].join("\n");
}

describe("parseDefaultGateways()", () => {
  test.each([
    ["a default route", "eth0\t00000000\t010110AC\t0003\t0\t0\t0\t00000000\t0\t0\t0", ["172.16.1.1"]],
    ["a route to a network", "eth0\t000110AC\t010110AC\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0", []],
    ["0.0.0.0/1, which is no default", "eth0\t00000000\t010110AC\t0003\t0\t0\t0\t00000080\t0\t0\t0", []],
    ["a default route without gateway", "ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0", []],
    ["a default route that is down", "eth0\t00000000\t010110AC\t0002\t0\t0\t0\t00000000\t0\t0\t0", []],
  ])("reads %s", (_name, route, gateways) => {
    expect(parseDefaultGateways(table(route))).toEqual(gateways);
  });

  test("gives none for an empty table", () => {
    expect(parseDefaultGateways(table())).toEqual([]);
  });
});
