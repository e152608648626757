import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HeadReader } from "../../../../../connector/relay/http1/head-reader.ts";

const REQUESTS = { prefix: "", skipsEmptyLine: true };
const RESPONSES = { prefix: "HTTP/1.", skipsEmptyLine: false };
const MAX_BYTES = 32 * 1024;

interface Read {
  readonly progress: string;
  readonly head?: string;
  readonly rest?: string;
}

/** Reads `text` in pieces that end at `cuts`. */
function read(text: string, cuts: readonly number[], options = REQUESTS, maxBytes = MAX_BYTES): Read {
  const reader = new HeadReader(options);
  const bytes = Buffer.from(text, "latin1");
  let start = 0;
  for (const end of [...cuts, bytes.length]) {
    const progress = reader.read(bytes, start, end, maxBytes);
    if (progress === "malformed") return { progress };
    if (progress === "complete") return { progress, head: reader.text, rest: text.slice(reader.end) };
    start = end;
  }
  return { progress: "incomplete" };
}

/** As malformed, or as a head whose first line is empty, which no parser takes. */
function refuses(text: string, cuts: readonly number[]): boolean {
  const { progress, head } = read(text, cuts);
  return progress === "malformed" || head?.startsWith("\r\n") === true;
}

function everyByte({ length }: string): number[] {
  return Array.from({ length: length - 1 }, (_, index) => index + 1);
}

const LARGE = `GET / HTTP/1.1\r\ncookie: ${"a".repeat(20_000)}\r\n\r\n`;

describe("HeadReader.read()", () => {
  test.for([
    ["alone", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""],
    ["before a body", "GET / HTTP/1.1\r\n\r\na\n\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "a\n\r\n\r\n"],
    ["behind an empty line", "\r\nGET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", ""],
    ["of 20 000 bytes", `${LARGE}next`, LARGE, "next"],
  ] as const)("finds the end of a head %s, whole and byte by byte", ([, text, head, rest]) => {
    expect(read(text, [])).toEqual({ progress: "complete", head, rest });
    expect(read(text, everyByte(text))).toEqual({ progress: "complete", head, rest });
  });

  test("finds the same head, however the bytes are cut", () => {
    const text = `GET / HTTP/1.1\r\nHost: a\r\nx: ${"b".repeat(40)}\r\n\r\nrest`;
    const cuts = fc
      .uniqueArray(fc.integer({ min: 1, max: text.length - 1 }))
      .map((all) => all.sort((a, b) => a - b));
    fc.assert(
      fc.property(cuts, (at) => {
        expect(read(text, at)).toEqual(read(text, []));
      }),
    );
  });

  test.for(["GET / HTTP/1.1\nHost: a", "GET / HTTP/1.1\r\nx: a\rb", "\nGET", "GET / HTTP/1.1\r\r\n"])(
    "refuses a bare line break before the head's end: %j",
    (text) => {
      expect(read(text, [])).toEqual({ progress: "malformed" });
      expect(read(text, everyByte(text))).toEqual({ progress: "malformed" });
    },
  );

  test("skips one empty line, and refuses a second one, however the bytes are cut", () => {
    const text = "\r\nGET / HTTP/1.1\r\n\r\n";
    const doubled = `\r\n${text}`;
    for (let first = 1; first < 8; first++) {
      for (let second = first; second < 10; second++) {
        expect(read(text, [first, second])).toEqual({ progress: "complete", head: text.slice(2), rest: "" });
        expect(refuses(doubled, [first, second])).toBe(true);
      }
    }
    expect(refuses(doubled, [])).toBe(true);
    expect(refuses(doubled, everyByte(doubled))).toBe(true);
  });

  test("has read nothing of a head where only an empty line has come", () => {
    const reader = new HeadReader(REQUESTS);
    expect(reader.read(Buffer.from("\r\n"), 0, 2, MAX_BYTES)).toBe("incomplete");
    expect(reader.isEmpty).toBe(true);
  });

  test("waits for the byte behind a CR", () => {
    expect(read("GET / HTTP/1.1\r", [])).toEqual({ progress: "incomplete" });
  });

  test("refuses another prefix as soon as it shows, and keeps a head that can still have it", () => {
    expect(read("HTT", [1], RESPONSES)).toEqual({ progress: "incomplete" });
    expect(read("HTX", [1], RESPONSES)).toEqual({ progress: "malformed" });
    expect(read("\r\nHTTP/1.1 200 OK\r\n\r", [], RESPONSES)).toEqual({ progress: "malformed" });
  });

  test.for([
    ["whole", []],
    ["in pieces", [5, 10]],
  ] as const)("takes a head of exactly the limit, and refuses one byte more (%s)", ([, cuts]) => {
    const text = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    for (const skipped of ["", "\r\n"]) {
      expect(read(skipped + text, cuts, REQUESTS, text.length).progress).toBe("complete");
      expect(read(skipped + text, cuts, REQUESTS, text.length - 1).progress).toBe("malformed");
      expect(read(skipped + text.slice(0, -1), cuts, REQUESTS, text.length - 2).progress).toBe("malformed");
    }
  });

  test("reads the next head after the last one", () => {
    const reader = new HeadReader(REQUESTS);
    const bytes = Buffer.from("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
    expect(reader.read(bytes, 0, 5, MAX_BYTES)).toBe("incomplete");
    expect(reader.isEmpty).toBe(false);
    expect(reader.read(bytes, 5, bytes.length, MAX_BYTES)).toBe("complete");
    expect(reader.isEmpty).toBe(true);
    expect(reader.read(bytes, reader.end, bytes.length, MAX_BYTES)).toBe("complete");
    expect([reader.text, reader.end]).toEqual(["GET /2 HTTP/1.1\r\n\r\n", bytes.length]);
  });

  test("takes linear time for a head in one-byte reads", () => {
    // Half a second; searching the whole head again with each byte would take minutes.
    const text = `GET / HTTP/1.1\r\nx: ${"a".repeat(1024 * 1024)}\r\n\r\n`;
    expect(read(text, everyByte(text), REQUESTS, text.length).progress).toBe("complete");
  });
});
