import { describe, expect, test } from "vitest";
import { DIRECT, LOOPBACK_V4, LOOPBACK_V6, parseListener } from "../../../../agent/kernel/parse-listener.ts";

/** As the kernel prints it: sl, local, remote, state, queues, timers, uid, inode and more. */
function line(local: string, state = "0A", slot = "   0"): string {
  const remote = `${"0".repeat(local.indexOf(":"))}:0000`;
  return `${slot}: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 4821 1 0000000000000000 100 0 0 10 0`;
}

const listeners: [name: string, local: string, port: number, reach: number][] = [
  ["0.0.0.0", "00000000:0BB8", 3000, DIRECT],
  ["127.0.0.1", "0100007F:1F90", 8080, LOOPBACK_V4],
  ["a guest's own IPv4 address", "0201A8C0:0050", 80, DIRECT],
  ["1.0.0.127, which is 127.0.0.1 in the wrong byte order", "7F000001:0050", 80, DIRECT],
  ["127.0.0.53, a resolver's own", "3500007F:0035", 53, 0],
  ["::", "00000000000000000000000000000000:FFFF", 65_535, DIRECT | LOOPBACK_V6],
  ["::1", "00000000000000000000000001000000:1435", 5173, LOOPBACK_V6],
  ["100::, which is ::1 in the wrong byte order", "00000001000000000000000000000000:0050", 80, DIRECT],
  ["fe80::1", "000080FE000000000000000001000000:0050", 80, DIRECT],
  ["::ffff:127.0.0.1", "0000000000000000FFFF00000100007F:0050", 80, LOOPBACK_V4],
  ["::ffff:0.0.0.0", "0000000000000000FFFF000000000000:0050", 80, DIRECT],
  ["::ffff:192.168.1.2", "0000000000000000FFFF00000201A8C0:0050", 80, DIRECT],
];

const others: [name: string, line: string][] = [
  ["an established connection", line("0100007F:1F90", "01")],
  ["a connection in TIME_WAIT", line("0100007F:1F90", "06")],
  [
    "the heading",
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
  ],
  ["an empty line", ""],
  ["an address of another length", line("0100007F00:1F90")],
  ["a cut line", "   0: 0100007F:1F"],
];

describe("parseListener()", () => {
  test.each(listeners)("reads a listener on %s", (_name, local, port, reach) => {
    expect(parseListener(line(local))).toEqual({ port, reach });
  });

  test("reads a slot number of five digits", () => {
    expect(parseListener(line("00000000:0BB8", "0A", "12345"))).toEqual({ port: 3000, reach: DIRECT });
  });

  test.each(others)("gives undefined for %s", (_name, text) => {
    expect(parseListener(text)).toBeUndefined();
  });
});
