import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";

type Side = "shared" | "worker" | "connector" | "agent";

const SIDES: readonly Side[] = ["shared", "worker", "connector", "agent"];
/** What stands beside the product and may use any part of it. */
const BESIDE = ["bench/", "dashboard/", "dev/", "lab/", "sdk/", "simulation/", "test/"];
const FORBIDDEN: Readonly<Record<Side, readonly string[]>> = {
  shared: ["worker/", "connector/", "agent/", ...BESIDE, "node:", "cloudflare:"],
  worker: ["connector/", "agent/", ...BESIDE, "node:"],
  connector: ["worker/", "agent/", ...BESIDE, "cloudflare:"],
  agent: ["worker/", "connector/", ...BESIDE, "cloudflare:"],
};
/** Static, dynamic and side-effect imports, re-exports, `require` and types named by `import("…")`. */
const IMPORT = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*(["'])([^"']+)\1/g;

/** What a file imports: paths from the root of the repository, and names of packages. */
function findImports(path: string, source: string): string[] {
  return Array.from(source.matchAll(IMPORT), ([, , target = ""]) =>
    target.startsWith(".") ? normalize(join(dirname(path), target)) : target,
  );
}

/** The imports of a file that are forbidden to its side. */
function findForbiddenImports(side: Side, path: string, source: string): string[] {
  return findImports(path, source).filter((target) =>
    FORBIDDEN[side].some((border) => target.startsWith(border)),
  );
}

function readSources(side: Side): { path: string; source: string }[] {
  const names = readdirSync(side, { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => /\.m?ts$/.test(name) && !name.includes("node_modules"))
    .map((name) => ({ path: `${side}/${name}`, source: readFileSync(join(side, name), "utf8") }));
}

describe("findForbiddenImports()", () => {
  test.each([
    ["shared", "shared/a.ts", `import { b } from "../worker/b.ts";`, "worker/b.ts"],
    ["shared", "shared/deep/a.ts", `export * from '../../connector/b.ts'`, "connector/b.ts"],
    ["shared", "shared/a.ts", `import { readFile } from "node:fs";`, "node:fs"],
    ["worker", "worker/api/a.ts", `import type {\n  B,\n} from "../../connector/b.ts";`, "connector/b.ts"],
    ["worker", "worker/a.ts", `const fs = await import("node:fs");`, "node:fs"],
    ["worker", "worker/a.ts", `import "node:fs";`, "node:fs"],
    ["worker", "worker/a.ts", `let b: import("../agent/b.ts").B;`, "agent/b.ts"],
    ["connector", "connector/a.ts", `import { env } from "cloudflare:workers";`, "cloudflare:workers"],
    ["connector", "connector/relay/a.ts", `require( "../../worker/b.ts" )`, "worker/b.ts"],
    ["agent", "agent/a.ts", `import { b } from "../connector/b.ts";`, "connector/b.ts"],
    ["agent", "agent/a.ts", `import { b } from "../lab/b.ts";`, "lab/b.ts"],
    ["worker", "worker/a.ts", `import { b } from "../simulation/b.ts";`, "simulation/b.ts"],
  ] as const)("finds in %s a forbidden import: %s %s", (side, path, source, expected) => {
    expect(findForbiddenImports(side, path, source)).toEqual([expected]);
  });

  test.each([
    ["shared", "shared/a.ts", `import { b } from "./b.ts";`],
    [
      "worker",
      "worker/api/a.ts",
      `import { b } from "../../shared/b.ts";\nimport { c } from "cloudflare:workers";`,
    ],
    ["connector", "connector/a.ts", `import * as net from "node:net";\nimport { b } from "../shared/b.ts";`],
  ] as const)("allows %s its imports: %s %s", (side, path, source) => {
    expect(findForbiddenImports(side, path, source)).toEqual([]);
  });
});

describe("borders", () => {
  test.each(SIDES)("%s imports no forbidden module", (side) => {
    const sources = readSources(side);
    expect(sources.length).toBeGreaterThan(0);
    expect(sources.flatMap(({ path, source }) => findForbiddenImports(side, path, source))).toEqual([]);
  });
});

describe("dashboard", () => {
  test("imports nothing but the SDK's library, Preact and the QR code", () => {
    const names = readdirSync("dashboard", { recursive: true, encoding: "utf8" });
    const paths = names.filter((name) => /\.tsx?$/.test(name)).map((name) => `dashboard/${name}`);
    expect(paths.length).toBeGreaterThan(20);
    const targets = paths.flatMap((path) => findImports(path, readFileSync(path, "utf8")));
    const allowed = /^(dashboard\/|preact(\/hooks)?$|uqr$|sdk\/typescript\/src\/(?!cli|mcp))/;
    expect(targets.filter((target) => !allowed.test(target))).toEqual([]);
  });
});

describe("sdk/typescript", () => {
  const sources = readdirSync("sdk/typescript/src", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => ({ path: `sdk/typescript/src/${name}`, name }));

  test("imports nothing from outside of what is published", () => {
    expect(sources.length).toBeGreaterThan(10);
    const targets = sources.flatMap(({ path }) => findImports(path, readFileSync(path, "utf8")));
    expect(
      targets.filter((target) => /^(shared|worker|connector|agent|dev|test|\.\.)\//.test(target)),
    ).toEqual([]);
  });

  test("has no package and nothing of Node outside of the command line", () => {
    const library = sources.filter(({ name }) => !/^(cli|mcp)\//.test(name));
    const targets = library.flatMap(({ path }) => findImports(path, readFileSync(path, "utf8")));
    expect(targets.filter((target) => !target.startsWith("sdk/typescript/src/"))).toEqual([]);
    expect(targets.filter((target) => /src\/(cli|mcp)\//.test(target))).toEqual([]);
  });
});
