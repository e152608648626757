import { expect, test } from "vitest";
import { parseIpv6Addresses } from "../../../../../connector/guests/address/parse-ipv6-addresses.ts";

test("parseIpv6Addresses() reads the address at the beginning of each line", () => {
  const table = `fd000000000000000000000000000002 04 40 00 82     eth0
00000000000000000000000000000001 01 80 10 80       lo
`;
  expect(parseIpv6Addresses(table)).toEqual([
    "fd00:0000:0000:0000:0000:0000:0000:0002",
    "0000:0000:0000:0000:0000:0000:0000:0001",
  ]);
  expect(parseIpv6Addresses("")).toEqual([]);
});
