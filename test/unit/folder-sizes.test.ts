import { globSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";

/** A folder with more source files than this wants folders inside it. */
const MAX_SOURCE_FILES = 16;
const SOURCE_FILES = "**/*.{ts,js,cjs,mjs,go,lua,sh}";
const GENERATED = ["**/node_modules", "**/dist"];

/** The folders that hold more than `max` of these files themselves, with how many they hold. */
function findFullFolders(paths: readonly string[], max: number): string[] {
  const folders = Map.groupBy(paths, dirname);
  return [...folders]
    .filter(([, files]) => files.length > max)
    .map(([name, { length }]) => `${name}: ${length}`);
}

describe("findFullFolders()", () => {
  test("finds a folder with one file too many, and counts no file of a folder inside it", () => {
    const paths = ["a/1.ts", "a/2.ts", "b/1.ts", "b/2.ts", "b/3.ts", "a/c/1.ts", "a/c/2.ts"];
    expect(findFullFolders(paths, 2)).toEqual(["b: 3"]);
  });
});

describe("folders", () => {
  test(`hold at most ${MAX_SOURCE_FILES} source files each`, () => {
    const paths = globSync(SOURCE_FILES, { exclude: GENERATED });
    expect(paths.length).toBeGreaterThan(100);
    expect(findFullFolders(paths, MAX_SOURCE_FILES)).toEqual([]);
  });
});
