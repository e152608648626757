import { describe, expect, test } from "vitest";
import { BodyScanner } from "../../../../../connector/relay/http1/body-scanner.ts";

interface Scanned {
  readonly kept: string;
  readonly rest: string;
  readonly state: "done" | "open" | "failed";
}

/** Feeds a body in pieces of `size` bytes. */
function scan(text: string, size: number, keepFraming: boolean): Scanned {
  const scanner = new BodyScanner();
  scanner.start("chunked", 0, keepFraming);
  let kept = "";
  let at = 0;
  while (at < text.length && !scanner.done && !scanner.failed) {
    const bytes = Buffer.from(text.slice(at, at + size), "latin1");
    at += scanner.scan(bytes, 0, bytes.length);
    kept += bytes.toString("latin1", 0, scanner.kept);
  }
  return { kept, rest: text.slice(at), state: scanner.failed ? "failed" : scanner.done ? "done" : "open" };
}

const SIZES = [1, 2, 3, 7, 1000];

describe("BodyScanner.scan()", () => {
  test.for([
    ["0\r\n\r\n", "", "0\r\n\r\n", ""],
    ["5\r\nhello\r\n0\r\n\r\nnext", "hello", "5\r\nhello\r\n0\r\n\r\n", "next"],
    ["00005\r\nhello\r\n000\r\n\r\n", "hello", "00005\r\nhello\r\n000\r\n\r\n", ""],
    [
      `${"aB\r\n0123456789abcdef".padEnd(175, "x")}\r\n0\r\n\r\n`,
      "0123456789abcdef".padEnd(171, "x"),
      undefined,
      "",
    ],
    ['5;a\r\nhello\r\n0;b=c;d="e\\""\r\n\r\n', "hello", "5\r\nhello\r\n0\r\n\r\n", ""],
    ["5\r\n\r\n0\r\n\r\n0\r\nx: 1\r\ny:\t\r\n\r\nz", "\r\n0\r\n", "5\r\n\r\n0\r\n\r\n0\r\n\r\n", "z"],
  ] as const)("reads %j in pieces of any size", ([text, body, framed, rest]) => {
    for (const size of SIZES) {
      expect(scan(text, size, false)).toEqual({ kept: body, rest, state: "done" });
      expect(scan(text, size, true)).toEqual({ kept: framed ?? text, rest, state: "done" });
    }
  });

  test.for([
    "g\r\n",
    "\r\n",
    "-1\r\n",
    "0x1\r\n",
    "5 \r\n",
    "5\n",
    "5\rx",
    "5\r\nhellox",
    "5\r\nhello\n",
    "5\r\nhello\rx",
    "5;\r\n",
    "5;;\r\n",
    "5;a=\r\n",
    "5;=b\r\n",
    "5;a b\r\n",
    '5;a="b\r\n',
    '5;a="b"c\r\n',
    '5;a=b"c"\r\n',
    "5;a\0\r\n",
    "00000000000005\r\n",
    "0\r\nx\r\n",
    "0\r\n: 1\r\n",
    "0\r\n x: 1\r\n",
    "0\r\nx: \0\r\n",
    "0\r\nx: 1\n",
    "0\r\n\rx",
  ])("refuses %j in pieces of any size", (text) => {
    for (const size of SIZES) expect(scan(text, size, true).state).toBe("failed");
  });

  test("ends after as many bytes as Content-Length says", () => {
    const scanner = new BodyScanner();
    scanner.start("length", 5, true);
    expect([scanner.scan(Buffer.from("hel"), 0, 3), scanner.kept, scanner.done]).toEqual([3, 3, false]);
    expect([scanner.scan(Buffer.from("xloy"), 1, 4), scanner.kept, scanner.done]).toEqual([3, 2, true]);
    expect([scanner.scan(Buffer.from("z"), 0, 1), scanner.kept]).toEqual([0, 0]);
  });

  test("keeps everything where the connection's end ends the body", () => {
    const scanner = new BodyScanner();
    scanner.start("untilClose", 0, true);
    expect([scanner.scan(Buffer.from("hello"), 0, 5), scanner.kept, scanner.done]).toEqual([5, 5, false]);
    expect(scanner.endsAtClose()).toBe(true);
  });

  test("ends at once where there is no body", () => {
    const scanner = new BodyScanner();
    for (const [kind, length] of [
      ["none", 0],
      ["length", 0],
    ] as const) {
      scanner.start(kind, length, true);
      expect(scanner.done).toBe(true);
    }
  });

  test("starts anew for the next body", () => {
    const scanner = new BodyScanner();
    scanner.start("chunked", 0, true);
    scanner.scan(Buffer.from("x"), 0, 1);
    expect(scanner.failed).toBe(true);
    scanner.start("chunked", 0, true);
    expect(scanner.scan(Buffer.from("0\r\n\r\n"), 0, 5)).toBe(5);
    expect([scanner.done, scanner.failed]).toEqual([true, false]);
  });
});
