import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAst } from "vite";
import { describe, expect, test } from "vitest";

// Without Java or a program of its own, so that a result depends on nothing but the package.
process.env.RECHECK_BACKEND = "pure";
const { checkSync } = await import("recheck");

const FOLDERS = ["agent", "connector", "shared", "worker"];
/** The slowest takes 4 s alone on one core. */
const CHECK_TIMEOUT_MS = 60_000;
/** The checker tries random inputs where it cannot prove anything. */
const SEED = 9;

interface Pattern {
  readonly place: string;
  readonly source: string;
  readonly flags: string;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [member: string]: unknown;
}

/** Every regular expression of a file, also those that are made from text. */
function findPatterns(path: string, source: string): Pattern[] {
  const patterns: Pattern[] = [];
  visit(parseAst(source, { lang: "ts" }), (node) => {
    const place = `${path}:${source.slice(0, node.start).split("\n").length}`;
    const regex = node.regex as { pattern: string; flags: string } | undefined;
    if (regex !== undefined) patterns.push({ place, source: regex.pattern, flags: regex.flags });
    if (isRegExpCall(node)) patterns.push({ place, ...textOfCall(node, place) });
  });
  return patterns;
}

function visit(value: unknown, onNode: (node: Node) => void): void {
  if (typeof value !== "object" || value === null) return;
  if (typeof (value as Partial<Node>).type === "string") onNode(value as Node);
  for (const member of Object.values(value)) visit(member, onNode);
}

function isRegExpCall({ type, callee }: Node): boolean {
  const isCall = type === "NewExpression" || type === "CallExpression";
  return isCall && (callee as { name?: string }).name === "RegExp";
}

function textOfCall(node: Node, place: string): { source: string; flags: string } {
  const [pattern, flags] = node.arguments as [Node, Node?];
  return { source: textOf(pattern, place), flags: flags === undefined ? "" : textOf(flags, place) };
}

/** Of a literal or a template; a constant inside of a template is taken for a number. */
function textOf(node: Node, place: string): string {
  if (node.type === "Literal") return String(node.value);
  if (node.type !== "TemplateLiteral") throw new Error(`${place}: a RegExp of text that cannot be checked`);
  const isConstant = (expression: Node) => /^[A-Z0-9_]+$/.test(String(expression.name));
  if (!(node.expressions as Node[]).every(isConstant))
    throw new Error(`${place}: a RegExp of a variable text`);
  const quasis = node.quasis as { value: { cooked: string } }[];
  return quasis.map(({ value }) => value.cooked).join("32");
}

function readPatterns(): Pattern[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.m?ts$/.test(name) && !name.includes("node_modules"))
      .flatMap((name) => findPatterns(join(folder, name), readFileSync(join(folder, name), "utf8"))),
  );
}

function check({ source, flags }: Pattern) {
  return checkSync(source, flags, { timeout: CHECK_TIMEOUT_MS, randomSeed: SEED });
}

describe("1.1 A regular expression that takes more than linear time on foreign bytes", () => {
  const patterns = readPatterns();

  test("is found by the checker: the one that stopped a host, as a control", () => {
    const source =
      "const A = /^(\\s*[0-9.]*\\s*[;,]\\s*url\\s*=\\s*[\"']?)(.*)$/i;" +
      `new RegExp(\`^(a+)+\${MAX}$\`, "i")`;
    const [first, second] = findPatterns("a.ts", source);
    expect(second).toEqual({ place: "a.ts:1", source: "^(a+)+32$", flags: "i" });
    expect(check(first!).status).toBe("vulnerable");
    expect(check(second!).status).toBe("vulnerable");
  });

  test("is not overlooked because its text is put together", () => {
    expect(() => findPatterns("a.ts", "new RegExp(text)")).toThrow("cannot be checked");
    expect(() => findPatterns("a.ts", "RegExp(`^$" + "{text}`)")).toThrow("variable text");
  });

  test("is none of the product's own", { timeout: 10 * CHECK_TIMEOUT_MS }, () => {
    expect(patterns.length).toBeGreaterThan(40);
    const faults = patterns
      .map((pattern) => ({ ...pattern, status: check(pattern).status }))
      .filter(({ status }) => status !== "safe")
      .map(({ place, source, status }) => `${place} ${source} is ${status}`);
    expect(faults).toEqual([]);
  });
});
