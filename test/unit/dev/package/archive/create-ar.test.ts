import { expect, test } from "vitest";
import { createAr } from "../../../../../dev/package/archive/create-ar.ts";

test("createAr() pads members to an even length, as ar(5) asks", () => {
  const archive = createAr(
    [
      { name: "odd", content: Buffer.from("abc") },
      { name: "even", content: Buffer.from("de") },
    ],
    7,
  );
  const header = (name: string, size: number) =>
    `${name.padEnd(16)}${"7".padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"100644".padEnd(8)}${`${size}`.padEnd(10)}\`\n`;
  expect(archive.toString("latin1")).toBe(`!<arch>\n${header("odd", 3)}abc\n${header("even", 2)}de`);
});

test("createAr() refuses a name that its field cannot hold", () => {
  expect(() => createAr([{ name: "a-name-of-17-chars", content: Buffer.alloc(0) }], 0)).toThrow(RangeError);
});
