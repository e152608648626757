import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";

const DOCUMENTS = globSync(["*.md", "bench/**/*.md", "docs/**/*.md", ".github/**/*.md"]).filter(
  (path) => path !== "CHANGELOG.md",
);

/** Made by a build or an installation. */
const GENERATED = ["dist", "node_modules"];
const HIDDEN = [".ci", ".github"];
const FOLDERS = readdirSync(".", { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !GENERATED.includes(entry.name))
  .map(({ name }) => name)
  .filter((name) => !name.startsWith(".") || HIDDEN.includes(name));

const CODE = /^```[^\n]*\n([\s\S]*?)^```|`([^`\n]+)`/gm;
const LINK = /\]\(([^)\s]+)\)/g;
const PATH = /^(?:[\w.@-]+\/)+(?:[\w.@*{}…-]+)?$/;
const SOURCE_FILE = /^\w.*\/[^/]+\.(?:ts|md)$/;

/** The paths of this repository that a document names: in code, and as targets of its links. */
function findPaths(document: string, text: string, folders: readonly string[]): string[] {
  const words = Array.from(text.matchAll(CODE), ([, block, inline]) => block ?? inline ?? "")
    .flatMap((code) => code.split(/[\s"'()|,;]+/))
    .map((word) => word.replace(/[#:].*$|\.$/, ""));
  const named = words.filter((word) => PATH.test(word) && isOurs(word, folders));
  const linked = Array.from(text.matchAll(LINK), ([, target = ""]) => target.replace(/#.*$/, ""))
    .filter((target) => target !== "" && !target.includes(":"))
    .map((target) => normalize(join(dirname(document), target)));
  return [...new Set([...named, ...linked])];
}

/** Under one of our folders, or a source file under a folder that we do not have. */
function isOurs(word: string, folders: readonly string[]): boolean {
  const [folder = ""] = word.split("/");
  return folders.includes(folder) || (SOURCE_FILE.test(word) && !GENERATED.includes(folder));
}

/** Of a path with a placeholder (`{name}`, `…`) the part before it must exist; a pattern must match something. */
function exists(path: string): boolean {
  const known = path.replace(/[^/]*[{…].*$/, "");
  return known.includes("*") ? globSync(known).length > 0 : existsSync(known);
}

describe("findPaths()", () => {
  const folders = ["shared", "docs", ".ci"];
  test.each<[text: string, paths: string[]]>([
    ["`shared/port.ts` and `docs/decisions/`", ["shared/port.ts", "docs/decisions/"]],
    ["`shared/port.ts:12`, `.ci/run`.", ["shared/port.ts", ".ci/run"]],
    ["`node shared/port.ts --port 1`", ["shared/port.ts"]],
    ["```\ninstall -D shared/a.service /etc/a.service\n```", ["shared/a.service"]],
    ["`shared/*.ts` and `docs/decisions/{number}-….md`", ["shared/*.ts", "docs/decisions/{number}-….md"]],
    ["`gone/port.ts`, under a folder that is not there", ["gone/port.ts"]],
    ["[a page](deploy.md#edge) and [one](../SECURITY.md)", ["docs/deploy.md", "SECURITY.md"]],
    ["[elsewhere](https://example.com/docs/a.md), [here](#edge)", []],
    ["shared/port.ts, which is not code", []],
    ["`dist/connector.mjs`, `node_modules/a/b.ts`", []],
    ["`/etc/shared/a.json`, `./a.ts`, `text/html`, `GET /v1/docs/a.md`", []],
  ])("in %j finds %j", (text, paths) => {
    expect(findPaths("docs/page.md", text, folders)).toEqual(paths);
  });
});

describe("exists()", () => {
  test.each(["shared/port.ts", "shared/", "shared/*.ts", "docs/decisions/{number}-….md"])(
    "finds %s",
    (path) => {
      expect(exists(path)).toBe(true);
    },
  );

  test.each(["shared/made-up.ts", "made-up/", "shared/made-up-*.ts", "made-up/{name}.ts"])(
    "misses %s",
    (path) => {
      expect(exists(path)).toBe(false);
    },
  );
});

describe("documents", () => {
  test.each(DOCUMENTS)("%s names only paths that exist", (document) => {
    const paths = findPaths(document, readFileSync(document, "utf8"), FOLDERS);
    expect(paths.filter((path) => !exists(path))).toEqual([]);
  });
});
