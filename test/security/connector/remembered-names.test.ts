import { describe, expect, test } from "vitest";
import { findFieldName } from "../../../connector/relay/http1/fields/field-name.ts";
import { findStatusLine } from "../../../connector/relay/http1/find-status-line.ts";
import { parseRequestHead } from "../../../connector/relay/http1/parse-request-head.ts";
import { parseResponseHead } from "../../../connector/relay/http1/parse-response-head.ts";
import { DEFAULT_RELAY_LIMITS } from "../../../connector/relay/limits.ts";
import { heapUsedBytes } from "../../support/collect-garbage.ts";

const NAMES = 2048;
const LONG = 60_000;
/** Of long names, without a bound on their length: 250 MB. */
const MAX_GROWTH_BYTES = 8 * 1024 * 1024;

function growthBytes(run: () => void): number {
  const before = heapUsedBytes();
  run();
  return heapUsedBytes() - before;
}

/** As a parser gets it: cut out of a head. */
function cut(text: string): string {
  return Buffer.from(`${text}: 1\r\n`, "latin1").toString("latin1").slice(0, text.length);
}

describe("1.2 Field names that a guest or a visitor invents", () => {
  test("keep no memory in responses: 2 048 names of 60 000 bytes", () => {
    const growth = growthBytes(() => {
      for (let index = 0; index < NAMES; index++) {
        const text = `HTTP/1.1 200 OK\r\n${index}${"x".repeat(LONG)}: 1\r\n\r\n`;
        expect(parseResponseHead(text, DEFAULT_RELAY_LIMITS)).toBeDefined();
      }
    });
    expect(growth).toBeLessThan(MAX_GROWTH_BYTES);
  });

  test("keep no memory in requests: 2 048 names of 30 000 bytes", () => {
    const growth = growthBytes(() => {
      for (let index = 0; index < NAMES; index++) {
        const text = `GET / HTTP/1.1\r\nHost: a\r\n${index}${"x".repeat(LONG / 2)}: 1\r\n\r\n`;
        parseRequestHead(text, DEFAULT_RELAY_LIMITS);
      }
    });
    expect(growth).toBeLessThan(MAX_GROWTH_BYTES);
  });

  test("keep little memory where they are short: 100 000 names of 64 bytes", () => {
    const growth = growthBytes(() => {
      for (let index = 0; index < 100_000; index++) findFieldName(cut(`${index}`.padStart(64, "x")));
    });
    expect(growth).toBeLessThan(MAX_GROWTH_BYTES);
  });

  test("keep no head in memory by a short name in it", () => {
    const growth = growthBytes(() => {
      for (let index = 0; index < NAMES; index++) {
        const text = `HTTP/1.1 2${(index % 90) + 10} reason-${index}\r\nx-short-${index}: ${"v".repeat(LONG)}\r\n\r\n`;
        parseResponseHead(text, DEFAULT_RELAY_LIMITS);
      }
    });
    expect(growth).toBeLessThan(MAX_GROWTH_BYTES);
  });

  test("do not lock real names and status lines out", () => {
    for (let index = 0; index < 10_000; index++) {
      findFieldName(cut(`x-junk-${index}`));
      findStatusLine(`HTTP/1.1 200 junk ${index}`);
    }
    expect(findFieldName(cut("X-Real-Name"))).toBe(findFieldName(cut("X-Real-Name")));
    expect(findStatusLine("HTTP/1.1 299 Real")).toBe(findStatusLine("HTTP/1.1 299 Real"));
  });
});
