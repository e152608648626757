import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

const DOCUMENT = join(import.meta.dirname, "..", "docs", "scale.md");
const START = "<!-- bench:scale writes from here -->";
const END = "<!-- to here -->";

/** Replaces the tables in `docs/scale.md`. */
export async function writeDocument(tables: string): Promise<void> {
  const text = await readFile(DOCUMENT, "utf8");
  await writeFile(`${DOCUMENT}.new`, replaceTables(text, tables));
  await rename(`${DOCUMENT}.new`, DOCUMENT);
}

/** @throws {Error} where the text has no marks around its tables */
export function replaceTables(text: string, tables: string): string {
  const start = text.indexOf(START);
  const end = text.indexOf(END);
  if (start < 0 || end < start) throw new Error(`docs/scale.md must have "${START}" and "${END}"`);
  return `${text.slice(0, start)}${START}\n\n${tables}\n\n${text.slice(end)}`;
}
