import { expect, test } from "vitest";
import { parseLocalRoutes } from "../../../../../connector/guests/address/parse-local-routes.ts";

/** Of a host with an interface at 10.0.0.1/24, and a local route to 10.9.0.0/24. */
const TABLE = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.0.0.0/24 2 0 2
        |-- 10.0.0.0
           /24 link UNICAST
        |-- 10.0.0.1
           /32 host LOCAL
        |-- 10.0.0.255
           /32 link BROADCAST
     |-- 10.9.0.0
        /24 host LOCAL
`;

test("parseLocalRoutes() finds the addresses and prefixes that are local", () => {
  expect(parseLocalRoutes(TABLE)).toEqual([
    { address: "10.0.0.1", bits: 32 },
    { address: "10.9.0.0", bits: 24 },
  ]);
  expect(parseLocalRoutes("")).toEqual([]);
});
