import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";

const DOCUMENTS = globSync(["*.md", "docs/**/*.md"]);
const THREAT_MODEL = "docs/threat-model.md";

/** A link whose text is a test's title, alone or behind its group's: `[parsePort() > refuses 0](../test/unit/a.test.ts)`. */
const CITATION = /\[([^\]]+)\]\(((?:\.\.\/)*test\/[^)\s]+\.ts)\)/g;

/** A row of the threat model's tables about actors: what they can or cannot do, and what shows it. */
const CLAIM = /^\| (?:can|cannot) \| (.+) \| (.+) \|$/gm;

interface Citation {
  /** As Vitest prints it. `…` stands for any text: for what a table of cases puts there. */
  readonly title: string;
  readonly path: string;
}

function findCitations(document: string, text: string): Citation[] {
  return Array.from(text.matchAll(CITATION), ([, title = "", target = ""]) => ({
    title,
    path: normalize(join(dirname(document), target)),
  }));
}

/** Whether a file of tests has the title, and its group's where one is named, each as a whole text in it. */
function hasTitle(source: string, title: string): boolean {
  return title.split(" > ").every((part) => hasText(source, part));
}

function hasText(source: string, text: string): boolean {
  const pattern = text
    .split("…")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
    .join('[^"`\\n]+');
  return new RegExp(`(["\`])${pattern}\\1`).test(source);
}

function isTrue({ title, path }: Citation): boolean {
  return existsSync(path) && hasTitle(readFileSync(path, "utf8"), title);
}

/** The claims that name neither a test nor why none can show them. */
function findBareClaims(text: string): string[] {
  return Array.from(text.matchAll(CLAIM), ([, claim = "", shownBy = ""]) => ({ claim, shownBy }))
    .filter(({ shownBy }) => shownBy.search(CITATION) === -1 && !/^argued: ./.test(shownBy))
    .map(({ claim }) => claim);
}

describe("findCitations()", () => {
  test.each<[text: string, citations: Citation[]]>([
    ["[a title](../test/unit/a.test.ts)", [{ title: "a title", path: "test/unit/a.test.ts" }]],
    [
      "[f() is…](../test/a.test.ts), [g](../test/fuzz/b.ts)",
      [
        { title: "f() is…", path: "test/a.test.ts" },
        { title: "g", path: "test/fuzz/b.ts" },
      ],
    ],
    ["[a page](deploy.md), [a file](../worker/a.ts), `test/unit/a.test.ts`", []],
  ])("in %j finds %j", (text, citations) => {
    expect(findCitations("docs/page.md", text)).toEqual(citations);
  });
});

describe("hasTitle()", () => {
  const source = `test("refuses 0 (zero)", f);
    test.each([1])(
      "refuses %s at once", f);
    test(\`a \${MAX} c\`, f);`;

  test.each(["refuses 0 (zero)", "refuses … at once", "… at once", "a … c", "a … c > refuses 0 (zero)"])(
    "finds %j",
    (title) => {
      expect(hasTitle(source, title)).toBe(true);
    },
  );

  test.each(["refuses 0", "refuses 1 (zero)", "refuses … at", "at once", "a … c > b", "b > a … c"])(
    "misses %j",
    (title) => {
      expect(hasTitle(source, title)).toBe(false);
    },
  );
});

describe("findBareClaims()", () => {
  test.each([
    "| can | open it | [opens](../test/a.test.ts) |",
    "| cannot | leave | argued: the wall is high |",
    "| secret | where | |",
  ])("accepts %j", (row) => {
    expect(findBareClaims(row)).toEqual([]);
  });

  test.each([
    "| can | open it | see above |",
    "| cannot | open it | argued: |",
    "| can | open it | `test/` |",
  ])("finds %j", (row) => {
    expect(findBareClaims(row)).toEqual(["open it"]);
  });
});

describe("documents", () => {
  test.each(DOCUMENTS)("%s cites only tests that exist", (document) => {
    const citations = findCitations(document, readFileSync(document, "utf8"));
    expect(citations.filter((citation) => !isTrue(citation))).toEqual([]);
  });

  test("the threat model names for each claim a test, or why there is none", () => {
    const text = readFileSync(THREAT_MODEL, "utf8");
    expect(text.match(CLAIM)?.length).toBeGreaterThan(50);
    expect(findBareClaims(text)).toEqual([]);
  });
});
