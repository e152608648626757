import { describe, expect, test } from "vitest";
import { normaliseAddress, readTcpTable } from "../../../../../connector/relay/socket/read-tcp-table.ts";

const HEADING =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
/** As Linux 6 wrote them. */
const IPV4 =
  HEADING +
  "   0: 0100D30A:A1B2 0200D30A:0BB8 01 0000003C:00000000 01:00000122 00000007     0        0 177484 4 0000000028 100 0 0 10 -1\n" +
  "   1: 0100D30A:A1B3 0200D30A:0BB8 01 00000000:00000000 02:00000122 00000000     0        3 177485 4 0000000028 20 0 0 10 -1\n" +
  "12345: 0100D30A:A1B4 0200D30A:0BB8 01 00000000:00000000 00:00000000 00000000     0        0 177486 4 0000000028 20 0 0 10 -1\n";
const IPV6 =
  HEADING +
  "   0: B80D0120000000000000000001000000:A1B2 B80D0120000000000000000002000000:0BB8 01 00000000:00000000 01:00000122 0000000A     0        0 1 4 0 100 0 0 10 -1\n" +
  "   1: 0000000000000000FFFF00000100D30A:A1B2 0000000000000000FFFF00000200D30A:0BB8 01 00000000:00000000 00:00000000 00000000     0        0 1 4 0 100 0 0 10 -1\n";

describe("readTcpTable()", () => {
  test("reads retransmissions and probes without a reply", () => {
    expect([...readTcpTable(IPV4, new Set([0xa1b2, 0xa1b3, 0xa1b4]))]).toEqual([
      { localPort: 0xa1b2, remoteAddress: "10.211.0.2", remotePort: 3000, unanswered: 7 },
      { localPort: 0xa1b3, remoteAddress: "10.211.0.2", remotePort: 3000, unanswered: 3 },
      { localPort: 0xa1b4, remoteAddress: "10.211.0.2", remotePort: 3000, unanswered: 0 },
    ]);
  });

  test("reads IPv6, and IPv4 in it", () => {
    expect([...readTcpTable(IPV6, new Set([0xa1b2]))]).toEqual([
      { localPort: 0xa1b2, remoteAddress: normaliseAddress("2001:db8::2"), remotePort: 3000, unanswered: 10 },
      { localPort: 0xa1b2, remoteAddress: "10.211.0.2", remotePort: 3000, unanswered: 0 },
    ]);
  });

  test.for(["", HEADING, HEADING.trimEnd()])("finds nothing in an empty table (%j)", (text) => {
    expect([...readTcpTable(text, new Set([0xa1b2]))]).toEqual([]);
  });

  test("leaves other ports out", () => {
    expect([...readTcpTable(IPV4, new Set([0xa1b3]))]).toHaveLength(1);
    expect([...readTcpTable(IPV4, new Set([1]))]).toEqual([]);
  });
});

describe("normaliseAddress()", () => {
  test.for([
    ["10.0.0.1", "10.0.0.1"],
    ["::ffff:10.0.0.1", "10.0.0.1"],
    ["2001:DB8:0::1", "2001:db8::1"],
  ] as const)("makes %j into %j", ([address, expected]) => {
    expect(normaliseAddress(address)).toBe(expected);
  });
});
