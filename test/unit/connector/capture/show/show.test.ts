import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { dechunk } from "../../../../../connector/capture/show/dechunk.ts";
import { maskTokens } from "../../../../../connector/capture/show/mask-tokens.ts";
import { MAX_DECODED_BYTES, showBody } from "../../../../../connector/capture/show/show-body.ts";
import { splitHead } from "../../../../../connector/capture/show/split-head.ts";

const TOKEN = "abcdefghijklmnopqrstuvwxyz234567".repeat(2).slice(0, 63);

describe("maskTokens()", () => {
  test.each([
    [`https://${TOKEN}.preview.example.com/a`, "https://***.preview.example.com/a"],
    [`preview-token.${TOKEN.toUpperCase()}, chat`, "preview-token.***, chat"],
    [`${TOKEN} ${TOKEN}`, "*** ***"],
    [`/x?t=${TOKEN}`, "/x?t=***"],
    [`?to=https%3A%2F%2F${TOKEN}.preview.example.com`, "?to=https%3A%2F%2F***.preview.example.com"],
    [`?to=https%253a%252f%252f${TOKEN}%252e`, "?to=https%253a%252f%252f***%252e"],
    [`?to=%25252F${TOKEN}`, "?to=%25252F***"],
    [`"a\\n${TOKEN}"`, '"a\\n***"'],
    [`"https:\\u002f\\u002F${TOKEN}"`, '"https:\\u002f\\u002F***"'],
    [`'\\x2f${TOKEN}'`, "'\\x2f***'"],
    [`%${TOKEN}`, "%***"],
    [`%zz${TOKEN}`, `%zz${TOKEN}`],
    [`${TOKEN}a`, `${TOKEN}a`],
    [TOKEN.slice(1), TOKEN.slice(1)],
    ["", ""],
  ])("%j → %j", (text, shown) => {
    expect(maskTokens(text, "***")).toBe(shown);
  });
});

test("maskTokens() takes linear time for the longest bodies", () => {
  const leastMs = (text: string): number =>
    Math.min(
      ...[1, 2, 3].map(() => {
        const startedMs = performance.now();
        maskTokens(text, "***");
        return performance.now() - startedMs;
      }),
    );
  // Each run ends behind as many escaped percent signs as fit.
  const run = (length: number): string => `%${"25".repeat(length / 2)}${TOKEN} `;
  const [short, long] = [run(1_000).repeat(64), run(64_000)];
  expect(leastMs(long)).toBeLessThan(20 * leastMs(short) + 5);
});

describe("dechunk()", () => {
  test.each([
    ["5\r\nhello\r\n0\r\n\r\n", "hello"],
    ["1\r\na\r\n1\r\nb\r\n0\r\n\r\n", "ab"],
    ["a\r\nhel", "hel"],
    ["5\r", ""],
    ["0\r\n\r\n", ""],
    ["", ""],
  ])("%j → %j, also where it was cut", (text, data) => {
    expect(dechunk(text)).toBe(data);
  });
});

describe("showBody()", () => {
  const show = (bytes: Buffer, fields = "", total = bytes.length) =>
    showBody(
      { kept: bytes.toString("latin1"), total, chunked: false, captured: true },
      splitHead(`POST / HTTP/1.1\r\n${fields}\r\n`),
    );

  test("shows UTF-8 as text, also where a character was cut, and all else in base64", async () => {
    expect(await show(Buffer.from("grüß"))).toMatchObject({ text: "grüß", truncated: false, bytes: 6 });
    expect(await show(Buffer.from("grü").subarray(0, 3), "", 4)).toMatchObject({
      text: "gr",
      truncated: true,
    });
    expect(await show(Buffer.from([255, 0, 1]))).toMatchObject({ base64: "/wAB" });
  });

  test("removes an encoding, unless what it hides is too large or broken", async () => {
    const fields = "Content-Encoding: gzip\r\nContent-Type: application/json\r\n";
    expect(await show(gzipSync("{}"), fields)).toMatchObject({
      decoded: true,
      text: "{}",
      content_type: "application/json",
    });
    const bomb = gzipSync(Buffer.alloc(MAX_DECODED_BYTES + 1));
    for (const body of [bomb, Buffer.from("no gzip\xff", "latin1")])
      expect(await show(body, fields)).not.toHaveProperty("decoded");
  });

  test("masks a link's token and keeps the length", async () => {
    const { text } = await show(Buffer.from(`see https://${TOKEN}.preview.example.com`));
    expect(text).toBe(`see https://${"*".repeat(63)}.preview.example.com`);
  });
});
