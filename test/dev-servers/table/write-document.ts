import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

const DOCUMENT = join(import.meta.dirname, "..", "..", "..", "docs", "dev-servers.md");
const START = "<!-- matrix writes from here -->";
const END = "<!-- to here -->";

/** Replaces the table in `docs/dev-servers.md`. */
export async function writeDocument(table: string): Promise<void> {
  const text = await readFile(DOCUMENT, "utf8");
  await writeFile(`${DOCUMENT}.new`, replaceTable(text, table));
  await rename(`${DOCUMENT}.new`, DOCUMENT);
}

/** @throws {Error} where the text has no marks around its table */
export function replaceTable(text: string, table: string): string {
  const start = text.indexOf(START);
  const end = text.indexOf(END);
  if (start < 0 || end < start) throw new Error(`docs/dev-servers.md must have "${START}" and "${END}"`);
  return `${text.slice(0, start)}${START}\n\n${table}\n\n${text.slice(end)}`;
}
