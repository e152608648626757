import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatTable } from "../../../bench/shared/format-table.ts";
import { HEAD } from "./format-row.ts";
import { mergeRows, parseRows } from "./merge-tables.ts";

const DOCUMENT = join(import.meta.dirname, "..", "..", "..", "docs", "dev-servers.md");
const START = "<!-- matrix writes from here -->";
const END = "<!-- to here -->";

/** Puts the rows of a run into the table of `docs/dev-servers.md`; rows of servers that were not run stay. */
export async function writeDocument(rows: readonly string[][], names: readonly string[]): Promise<void> {
  const text = await readFile(DOCUMENT, "utf8");
  await writeFile(`${DOCUMENT}.new`, replaceRows(text, rows, names));
  await rename(`${DOCUMENT}.new`, DOCUMENT);
}

/** @throws {Error} where the text has no marks around its table */
export function replaceRows(text: string, rows: readonly string[][], names: readonly string[]): string {
  const start = text.indexOf(START);
  const end = text.indexOf(END);
  if (start < 0 || end < start) throw new Error(`docs/dev-servers.md must have "${START}" and "${END}"`);
  const table = formatTable([HEAD, ...mergeRows(parseRows(text.slice(start, end)), rows, names)]);
  return `${text.slice(0, start)}${START}\n\n${table}\n\n${text.slice(end)}`;
}
